using ForgePrune.IO;
using ForgePrune.Levels;
using ForgePrune.Model;
using ForgePrune.Training;

namespace ForgePrune.Methods.Baselines;

/// <summary>First-order Taylor scores of coupled weights (LLM-Pruner, Adapt-Pruner): Σ |w · ∂L/∂w| over every weight that leaves with a unit, biases
/// included. |w · ∂L/∂w| is what the loss changes by, to first order, where that weight alone is set to zero. Low scores go first. Sums in float64.</summary>
/// <param name="Groups">One per KV group: its rows of k and v, and the rows of q and columns of o of all query heads that read it.</param>
/// <param name="Heads">One per query head: its own rows of q and columns of o.</param>
/// <param name="Channels">One per FFN channel: its rows of gate and up and its column of down.</param>
internal sealed record TaylorScores(double[] Groups, double[] Heads, double[] Channels)
{
    /// <summary>Changes when the same gradients give other scores.</summary>
    public static StageFormat Format { get; } = new("taylor", 1);

    /// <param name="gradients">Of the loss, by the layout.</param>
    public static TaylorScores Of(DecoderParameters parameters, float[] gradients, int layer)
    {
        var shape = parameters.Layout.Config.Layers[layer];
        var (groups, heads, channels) = (new double[shape.KvHeads], new double[shape.QueryHeads], new double[shape.Ffn]);
        AddRows(TensorRole.Query, heads);
        AddRows(TensorRole.QueryBias, heads);
        AddColumns(TensorRole.Output, heads);
        foreach (var role in (TensorRole[])[TensorRole.Key, TensorRole.KeyBias, TensorRole.Value, TensorRole.ValueBias])
            AddRows(role, groups);
        // Head h reads KV head h / queriesPerGroup: the heads of a group lie side by side.
        for (var head = 0; head < heads.Length; head++)
            groups[head / shape.QueriesPerGroup] += heads[head];
        foreach (var role in (TensorRole[])[TensorRole.Gate, TensorRole.GateBias, TensorRole.Up, TensorRole.UpBias])
            AddRows(role, channels);
        AddColumns(TensorRole.Down, channels);
        return new TaylorScores(groups, heads, channels);

        // Values are row-major: equal runs of them belong to one unit.
        void AddRows(TensorRole role, double[] units)
        {
            Span<float> w = parameters.Layout.Of(parameters.Values, role, layer), g = parameters.Layout.Of(gradients, role, layer);
            for (var i = 0; i < w.Length; i++)
                units[i / (w.Length / units.Length)] += Math.Abs((double)w[i] * g[i]);
        }

        void AddColumns(TensorRole role, double[] units)
        {
            Span<float> w = parameters.Layout.Of(parameters.Values, role, layer), g = parameters.Layout.Of(gradients, role, layer);
            var cols = w.Length / parameters.Layout.Config.HiddenSize;
            for (var i = 0; i < w.Length; i++)
                units[i % cols / (cols / units.Length)] += Math.Abs((double)w[i] * g[i]);
        }
    }

    /// <summary>What every level of every layer keeps by these scores.</summary>
    public static LayerKeptSets Sets(IEnumerable<TaylorScores> layers) => new([.. layers.Select(scores => (
        scores.Groups.Length == 0 ? null : ScoreLevels.Heads(scores.Groups, scores.Heads),
        scores.Channels.Length == 0 ? null : ScoreLevels.Channels(scores.Channels)))]);
}
