using System.Numerics.Tensors;
using ForgePrune.Kernels;
using ForgePrune.Model;

namespace ForgePrune.Forward;

/// <summary>Which experts tokens pass, and with what weights: see <see cref="MlpKind"/>.</summary>
internal sealed class ExpertRouting
{
    private readonly MlpKind kind;
    private readonly float[] likelihoods;
    private readonly int[] chosen;

    private ExpertRouting(MlpKind kind, int rows, int experts) =>
        (this.kind, Rows, Experts, likelihoods, chosen) = (kind, rows, experts, new float[rows * experts], new int[rows * kind.PerToken]);

    public int Rows { get; }

    public int Experts { get; }

    /// <param name="normed">What enters the block, rows × hidden.</param>
    public static ExpertRouting Of(MlpWeights block, Activations normed, int threads)
    {
        var (router, routing) = (block.Router!, new ExpertRouting(block.Kind, normed.Rows, block.Router!.Rows));
        var logits = new float[routing.Rows * routing.Experts];
        if (routing.Rows > 0)
        {
            Product.Multiply(Transpose.No, Transpose.Yes, normed.Rows, router.Rows, router.Cols, 1, normed.Values, normed.Width, router.Values, router.Cols, 0,
                logits, router.Rows, threads);
        }

        Workers.For(routing.Rows, threads, row =>
        {
            var own = logits.AsSpan(row * routing.Experts, routing.Experts);
            if (block.RouterBias is { } bias)
                TensorPrimitives.Add(own, bias, own);
            var likelihoods = routing.likelihoods.AsSpan(row * routing.Experts, routing.Experts);
            TensorPrimitives.Subtract(own, TensorPrimitives.Max<float>(own), likelihoods);
            TensorPrimitives.Exp<float>(likelihoods, likelihoods);
            TensorPrimitives.Divide(likelihoods, TensorPrimitives.Sum<float>(likelihoods), likelihoods);
            // By logits, since likelihoods may be equal by rounding alone; of equal ones the lower index comes first.
            var places = routing.chosen.AsSpan(row * routing.kind.PerToken, routing.kind.PerToken);
            for (var place = 0; place < places.Length; place++)
            {
                var best = -1;
                for (var expert = 0; expert < own.Length; expert++)
                    if (!places[..place].Contains(expert) && (best < 0 || own[expert] > own[best]))
                        best = expert;
                places[place] = best;
            }
        });
        return routing;
    }

    /// <summary>The experts of a token, the likeliest first.</summary>
    public ReadOnlySpan<int> Of(int row) => chosen.AsSpan(row * kind.PerToken, kind.PerToken);

    public bool Passes(int row, int expert) => Of(row).Contains(expert);

    public float Likelihood(int row, int expert) => likelihoods[(row * Experts) + expert];

    /// <summary>The weight of an expert that the token passes; of another the one that it would have in the place of the token's last.</summary>
    public float Share(int row, int expert)
    {
        if (!kind.Normalized)
            return Likelihood(row, expert);
        var whole = 0f;
        var own = Of(row);
        foreach (var other in own.Contains(expert) ? own : own[..^1])
            whole += Likelihood(row, other);
        return Likelihood(row, expert) / (own.Contains(expert) ? whole : whole + Likelihood(row, expert));
    }
}
