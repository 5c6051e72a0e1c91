using System.Globalization;
using ForgePrune.Errors;

namespace ForgePrune.Levels;

internal static class LevelErrors
{
    public static BadInputException NotPositiveDefinite(string matrix, double fraction) => new(string.Create(
        CultureInfo.InvariantCulture,
        $"The Hessian of {matrix} stays indefinite from damping {fraction} up to {Damping.Limit} of its mean diagonal, " +
        $"where text and model allow any damping from 0.0001; check the Gram file and the checkpoint for damaged values."));

    public static BadInputException DampingOutOfRange(double fraction) => new(string.Create(
        CultureInfo.InvariantCulture,
        $"The damping is {fraction} of the mean diagonal where 0 to {Damping.Limit} is allowed; {Damping.Default} is the usual choice."));

    public static BadInputException RefitFailed(string matrix, Exception inner) => new(
        $"The refit of {matrix} meets an indefinite Hessian where its levels were made with a definite one; " +
        "the Gram or level files have been exchanged since, so delete both and calibrate again.", inner);
}
