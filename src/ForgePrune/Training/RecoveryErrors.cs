using System.Globalization;
using ForgePrune.Errors;
using ForgePrune.IO;

namespace ForgePrune.Training;

internal static class RecoveryErrors
{
    public static BadInputException Experts() =>
        new("models with experts are not trained: the backward pass knows no router; leave training out, and `Polish` off");

    public static BadInputException TooManyParameters(long count, long most) => new(
        $"recovery of a model of {count} parameters is not possible: it holds at most {most}; prune to a smaller target or leave `Recovery` out");

    public static BadInputException TooLittleMemory(long needed, long allowed, string cure) => new(
        $"training takes {Bytes.Show(needed)} where {Bytes.Show(allowed)} are allowed; raise `Memory` or {cure}");

    public static BadInputException ForeignToken(int id, int vocab) => new(
        $"the recovery text has token id {id} where the model's vocabulary goes from 0 to {vocab - 1}; take tokens made with this model's tokenizer");

    public static BadInputException Diverged(int step, double rate) => new(string.Create(CultureInfo.InvariantCulture,
        $"training diverged: the loss of step {step} is no finite number at rate {rate}; give a smaller `Rate`"));
}
