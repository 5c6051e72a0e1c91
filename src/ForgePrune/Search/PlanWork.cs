using ForgePrune.Model;

namespace ForgePrune.Search;

/// <summary>The progress of a measurement of plans, counted in weights per window. The dense stream, which only the first
/// measurement on a window needs, is left out: it is one among many.</summary>
internal sealed class PlanWork
{
    private readonly ModelConfig config;
    private readonly double head, total;
    private readonly IProgress<double>? progress;
    private double done;

    /// <param name="groups">Plans that go through the layers together.</param>
    /// <param name="scored">Share of the positions that the output head scores.</param>
    public PlanWork(ModelConfig config, IReadOnlyList<Plan[]> groups, int windows, double scored, IProgress<double>? progress)
    {
        (this.config, this.progress) = (config, progress);
        head = scored * config.VocabSize * config.HiddenSize;
        total = windows * groups.Sum(group => (group.Length * head) + Blocks(group));
    }

    public void AttentionDone(AttentionLevel level, int windows) => Add(windows * Attention(level));

    public void MlpDone(int layer, int ffn, int expertWidth, int windows) => Add(windows * Mlp(layer, ffn, expertWidth));

    /// <param name="windows">Windows whose logits one plan has given.</param>
    public void HeadDone(double windows) => Add(windows * head);

    /// <summary>A group on so many windows was measured before.</summary>
    public void PartDone(Plan[] group, int windows) => Add(windows * ((group.Length * head) + Blocks(group)));

    private void Add(double weights)
    {
        done += weights;
        progress?.Report(Math.Min(1, done / total));
    }

    /// <summary>Weights of the blocks that a group runs: plans that begin alike run them once.</summary>
    private double Blocks(Plan[] plans)
    {
        var streams = new int[plans.Length];
        var sum = 0.0;
        for (var index = 0; index < config.Layers.Count; index++)
        {
            var layer = index;
            sum += Part(streams, plan => new AttentionLevel(plans[plan].Layers[layer].KvHeads, plans[plan].Layers[layer].QueryHeads), Attention);
            sum += Part(streams, plan => (plans[plan].Layers[layer].Ffn, plans[plan].Layers[layer].ExpertWidth),
                width => Mlp(layer, width.Ffn, width.ExpertWidth));
        }
        return sum;
    }

    private static double Part<TLevel>(int[] streams, Func<int, TLevel> level, Func<TLevel, double> weights)
    {
        var parted = new Dictionary<(int, TLevel), int>();
        var sum = 0.0;
        for (var plan = 0; plan < streams.Length; plan++)
        {
            var key = (streams[plan], level(plan));
            if (!parted.TryGetValue(key, out var stream))
            {
                parted[key] = stream = parted.Count;
                sum += weights(key.Item2);
            }
            streams[plan] = stream;
        }
        return sum;
    }

    private double Attention(AttentionLevel level) => 2.0 * config.HiddenSize * config.HeadDim * (level.KvHeads + level.QueryHeads);

    /// <summary>Of experts, those that a token passes.</summary>
    private double Mlp(int layer, int ffn, int expertWidth) => 3.0 * config.HiddenSize
        * (config.MlpOf(layer).Narrowed(expertWidth) is { IsRouted: true } kind ? Math.Min(ffn, kind.PerToken * kind.ExpertWidth) : ffn);
}
