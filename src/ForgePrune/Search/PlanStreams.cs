using ForgePrune.Forward;
using ForgePrune.Memory;
using ForgePrune.Model;
using ForgePrune.Refit;
using ForgePrune.Tokens;

namespace ForgePrune.Search;

/// <summary>Runs the residual streams of many plans through the layers together. Plans with equal first layers share one stream up to their first
/// difference.</summary>
internal sealed class PlanStreams(IDecoderModel dense, IBlockRunner runner, ILevelSource levels)
{
    private readonly Matrix embedding = runner.EmbeddingOf(dense);
    private readonly float[]?[] attentionNorms = new float[dense.Config.Layers.Count][];
    private readonly float[]?[] mlpNorms = new float[dense.Config.Layers.Count][];

    // The dense stream before a layer, by the hash of its windows; null where none is kept.
    private Dictionary<string, (int Layer, Activations Stream)>? prefixes;

    /// <summary>Whether whole blocks differ from the dense ones, so that plans share nothing with the dense model.</summary>
    public bool RefitsWhole => levels.RefitsWhole;

    /// <summary>The dense model's stream after the last layer.</summary>
    public Activations Dense(TokenWindows windows) => DecoderForward.Run(dense, runner, windows);

    /// <summary>Keeps the dense stream of every set of windows before the first layer in which plans differed last, until the result is disposed of: plans that
    /// come in the order of their layers run each dense layer before them once.</summary>
    public IDisposable? KeepPrefixes()
    {
        // Where every block is refitted, plans have no dense layers.
        if (RefitsWhole)
            return null;
        prefixes = [];
        return new Forgetting(this);
    }

    /// <summary>The first layer in which a plan differs from the dense model; the number of layers where it does not.</summary>
    public int FirstDifference(Plan plan)
    {
        var layer = 0;
        while (layer < plan.Layers.Count && plan.Layers[layer] == dense.Config.Layers[layer])
            layer++;
        return layer;
    }

    /// <summary>The stream of each plan after the last layer; plans that are equal hold the same object.</summary>
    /// <param name="work">Hears of every block that has run.</param>
    public Activations[] Run(IReadOnlyList<Plan> plans, TokenWindows windows, PlanWork work)
    {
        var streams = new Activations[plans.Count];
        var first = prefixes is null ? 0 : plans.Min(FirstDifference);
        var from = Begin(streams, windows, first, work);
        for (var index = from; index < attentionNorms.Length; index++)
        {
            var layer = index;
            if (prefixes is not null && layer == first)
                prefixes[windows.Hash] = (layer, streams[0]);
            var full = dense.Config.Layers[layer];
            // The dense weights are read once, and only where a plan keeps a dense block here.
            var read = new Lazy<LayerWeights>(() => runner.TakesNarrow ? dense.ReadStored(layer) : dense.ReadLayer(layer));
            var attentionNorm = attentionNorms[layer] ??= read.Value.AttentionNorm;
            var mlpNorm = mlpNorms[layer] ??= read.Value.MlpNorm;
            var shapes = plans.Select(plan => plan.Layers[layer]).ToArray();

            streams = Advance(streams, shapes.Select(shape => new AttentionLevel(shape.KvHeads, shape.QueryHeads)).ToArray(), level =>
            {
                var shape = full with { KvHeads = level.KvHeads, QueryHeads = level.QueryHeads };
                var weights = shape == full && !RefitsWhole ? read.Value.Attention : shape.HasAttention ? levels.Attention(layer, shape) : null;
                return weights is null ? null : runner.Hold(weights, attentionNorm);
            }, level => work.AttentionDone(level, windows.Count));
            streams = Advance(streams, shapes.Select(shape => (shape.Ffn, shape.ExpertWidth)).ToArray(), width =>
            {
                var shape = full with { Ffn = width.Ffn, ExpertWidth = width.ExpertWidth };
                var weights = shape == full && !RefitsWhole ? read.Value.Mlp : shape.HasMlp ? levels.Mlp(layer, shape) : null;
                return weights is null ? null : runner.Hold(weights, mlpNorm);
            }, width => work.MlpDone(layer, width.Ffn, width.ExpertWidth, windows.Count));
        }
        return streams;
    }

    /// <summary>All plans begin at the embedding, or at the last layer before <paramref name="first"/> whose stream is kept.</summary>
    /// <returns>The layer that comes next.</returns>
    private int Begin(Activations[] streams, TokenWindows windows, int first, PlanWork work)
    {
        if (prefixes?.TryGetValue(windows.Hash, out var kept) != true || kept.Layer > first)
            kept = (0, DecoderForward.Embed(embedding, windows, 0, windows.Count, dense.Config.EmbeddingScale));
        Array.Fill(streams, kept.Stream);
        foreach (var (layer, shape) in dense.Config.Layers.Take(kept.Layer).Index())
        {
            work.AttentionDone(new AttentionLevel(shape.KvHeads, shape.QueryHeads), windows.Count);
            work.MlpDone(layer, shape.Ffn, shape.ExpertWidth, windows.Count);
        }

        return kept.Layer;
    }

    private sealed class Forgetting(PlanStreams streams) : IDisposable
    {
        public void Dispose() => streams.prefixes = null;
    }

    /// <summary>Runs each level's block once on every different stream that meets it; a level without a block (null) leaves streams as they are.</summary>
    /// <param name="done">Hears the level of every block that has run.</param>
    private static Activations[] Advance<TLevel>(Activations[] streams, TLevel[] chosen, Func<TLevel, IHeldBlock?> block, Action<TLevel> done)
    {
        var next = new Activations[streams.Length];
        foreach (var plansOfLevel in Enumerable.Range(0, streams.Length).GroupBy(plan => chosen[plan]))
        {
            using var held = block(plansOfLevel.Key);
            foreach (var plansOfStream in plansOfLevel.GroupBy(plan => streams[plan], ReferenceEqualityComparer.Instance))
            {
                var stream = (Activations)plansOfStream.Key!;
                var output = stream;
                if (held is not null)
                {
                    output = held.Run(stream).Output;
                    done(plansOfLevel.Key);
                }

                LargeArrays.Settle();
                foreach (var plan in plansOfStream)
                    next[plan] = output;
            }
        }
        return next;
    }
}
