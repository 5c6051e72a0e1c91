using ForgePrune.Calibration;
using ForgePrune.Errors;
using ForgePrune.Kernels;
using ForgePrune.Memory;
using ForgePrune.Model;

namespace ForgePrune.Levels;

/// <summary>One output projection whose levels are wanted: a damped Hessian, the weights, and what other text says.</summary>
/// <param name="Hessian">H, damped.</param>
/// <param name="Weights">W, rows × columns.</param>
/// <param name="Rows">The outputs of the projection.</param>
/// <param name="Damping">The damping of H.</param>
/// <param name="FittingTokens">The tokens behind H.</param>
/// <param name="Validation">The inputs of other text; null for none.</param>
internal sealed record LevelProblem(Hessian Hessian, double[] Weights, int Rows, Damping Damping, long FittingTokens, Validation? Validation)
{
    /// <summary>Calls <paramref name="select"/> with the damping of the options, or with the best on validation text, and with ever more of it until the
    /// Hessian is positive definite.</summary>
    /// <param name="blockWidth">Neighboring columns that stay or leave together.</param>
    /// <exception cref="BadInputException">The damping lies outside of its range, or none works.</exception>
    public static T Solve<T>(
        GramStatistics fitting, GramStatistics? validation, Matrix weights, int blockWidth, LevelOptions options, string matrix, int threads,
        Func<LevelProblem, T> select)
    {
        var wide = WideWeights.Of(weights, threads);
        if (validation is null)
            return Damping.Raise(options.Damping, matrix, (fraction, refused) =>
            {
                var hessian = Hessian.From(fitting, fraction, options.Affine, threads);
                return select(new(hessian, wide, weights.Rows, new Damping(fraction, hessian.Lambda, [.. refused]), fitting.Tokens, null));
            });

        Damping.Require(options.Damping);
        var other = Validation.From(validation, fitting, options.Affine, threads);
        var problem = Hessian.From(fitting, 0, options.Affine, threads);
        var order = SimpleOrder.SurvivorsFirst(problem, wide, weights.Rows, blockWidth);
        var ladder = Climbed(options.Damping, problem, wide, weights.Rows, order, other, threads);
        LargeArrays.Settle();
        return Damping.Raise(ladder.Fraction, matrix, (fraction, refused) =>
        {
            problem.Damp(fraction);
            var damping = new Damping(fraction, problem.Lambda, [.. ladder.Refused.Union(refused)]) { Tried = ladder.Tried };
            return select(new(problem, wide, weights.Rows, damping, fitting.Tokens, other));
        });
    }

    /// <summary>In a method of its own, so that nothing holds the matrices of the ladder behind it.</summary>
    private static DampingLadder Climbed(double start, Hessian problem, double[] wide, int rows, int[] order, Validation other, int threads) =>
        DampingLadder.Climb(start, new LadderProblem(problem, wide, rows, order, other, threads).Loss);

    /// <summary>The factor of every level whose kept set is a prefix of the order.</summary>
    /// <exception cref="NotPositiveDefiniteException">More damping is needed.</exception>
    public LevelFactor Factor(int[] survivorsFirst, int threads) =>
        LevelFactor.FromWeights(Hessian.Values, Hessian.Cols, Hessian.Cols, Weights, Rows, Hessian.Cols, survivorsFirst, threads);

    /// <summary>Both losses of a level.</summary>
    /// <param name="kept">The number of columns kept, the first of the factor's order.</param>
    /// <param name="loss">The damped loss of the level.</param>
    /// <param name="validationLoss">That on validation text.</param>
    public FitGap Gap(LevelFactor factor, int kept, double loss, double validationLoss) => new(
        kept, FittingTokens, Validation!.Tokens, FittingLoss.Undamped(loss, Hessian, factor, kept, Weights), validationLoss);
}
