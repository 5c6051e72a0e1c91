using ForgePrune.Model;
using ForgePrune.Search;
using ForgePrune.Search.Costs;
using ForgePrune.Tokens;

namespace ForgePrune.Testing;

/// <summary>A decoder small enough to try every plan, and an evaluator whose KL is convex in what each block loses plus interactions
/// between blocks: what additive prices cannot see.</summary>
public sealed class TinyProblem : IPlanEvaluator
{
    private readonly double[] weight;
    private readonly double[,] interaction;
    private readonly LayerShape dense;

    public TinyProblem(int seed, int layers = 2, double coupling = 1, int ffn = 32, int heads = 3, string family = "llama")
    {
        var random = new Random(seed);
        dense = new(heads, heads, ffn);
        Config = Model(layers, dense) with { Family = family };
        weight = [.. Enumerable.Range(0, 2 * layers).Select(_ => 0.2 + random.NextDouble())];
        interaction = new double[2 * layers, 2 * layers];
        for (var i = 0; i < 2 * layers; i++)
            for (var j = 0; j < i; j++)
                interaction[i, j] = coupling * random.NextDouble();
    }

    public ModelConfig Config { get; }

    /// <summary>Plans measured so far, times windows.</summary>
    public long Measured { get; private set; }

    public static ModelConfig Model(int layers, LayerShape shape, int hidden = 8, int headDim = 4, int vocab = 16) => new()
    {
        Family = "llama",
        HiddenSize = hidden,
        HeadDim = headDim,
        VocabSize = vocab,
        MaxPositions = 64,
        RmsNormEps = 1e-5,
        RopeTheta = 1e4,
        TiedEmbeddings = true,
        Layers = [.. Enumerable.Repeat(shape, layers)],
    };

    public static TokenWindows Windows(int count) => new(2, [.. Enumerable.Range(0, 2 * count)]);

    public BudgetedSpace Space(double share, int step = 8)
    {
        var cost = new PrunableCost(Config);
        return new(SearchSpace.For(Config, SearchSpaceOptions.Fifths(step), cost), cost, share * cost.Of(new Plan(Config.Layers)));
    }

    public double[][] Kl(IReadOnlyList<Plan> plans, TokenWindows windows, IProgress<double>? progress = null)
    {
        Measured += (long)plans.Count * windows.Count;
        return [.. plans.Select(plan => Enumerable.Range(0, windows.Count).Select(w => Kl(plan, windows.Window(w)[0])).ToArray())];
    }

    /// <summary>The least KL of all plans within the budget, found by trying them all.</summary>
    public (Plan Plan, double Kl) BruteForce(BudgetedSpace space, TokenWindows windows)
    {
        var best = (Plan: space.Space.Dense, Kl: double.PositiveInfinity);
        foreach (var indices in Everything(space.Space))
        {
            var plan = space.Space.PlanOf(indices);
            if (space.Cost.Of(plan) > space.Budget)
                continue;
            var kl = Kl([plan], windows)[0].Average();
            if (kl < best.Kl)
                best = (plan, kl);
        }
        return best;
    }

    public static IEnumerable<int[]> Everything(SearchSpace space)
    {
        var indices = new int[space.Items];
        while (true)
        {
            yield return indices.ToArray();
            var item = 0;
            while (item < indices.Length && ++indices[item] == space.Levels(item))
                indices[item++] = 0;
            if (item == indices.Length)
                yield break;
        }
    }

    private double Kl(Plan plan, int windowId)
    {
        var lost = plan.Layers.SelectMany(l => new[] { 1 - (double)l.QueryHeads / dense.QueryHeads, 1 - (double)l.Ffn / dense.Ffn }).ToArray();
        var sum = 0.0;
        for (var i = 0; i < lost.Length; i++)
        {
            // Windows differ by up to a tenth, in another way for every block.
            sum += weight[i] * lost[i] * lost[i] * (1 + 0.1 * Math.Sin(windowId + i));
            for (var j = 0; j < i; j++)
                sum += interaction[i, j] * lost[i] * lost[j];
        }
        return sum;
    }
}
