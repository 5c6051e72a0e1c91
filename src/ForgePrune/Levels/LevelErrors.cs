using System.Globalization;
using ForgePrune.Errors;

namespace ForgePrune.Levels;

internal static class LevelErrors
{
    public static BadInputException NotPositiveDefinite(string matrix, double fraction) => new(string.Create(
        CultureInfo.InvariantCulture,
        $"The Hessian of {matrix} stays indefinite from damping {fraction} up to {Damping.Limit} of its mean diagonal, " +
        "where text and model allow any damping from 0.0001; check the Gram file and the checkpoint for damaged values."));
}
