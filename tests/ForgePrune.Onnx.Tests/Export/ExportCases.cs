using System.Collections;
using ForgePrune.Model;
using ForgePrune.Testing;

namespace ForgePrune.Onnx.Tests.Export;

/// <summary>Made models that between them use every part of the exported graph.</summary>
internal static class ExportCases
{
    public static IEnumerable All
    {
        get
        {
            yield return Case("equal layers", Plain);
            yield return Case("one layer", SyntheticModels.Config(layers: 1, headDim: 16));
            yield return Case("no layer at all", Plain with { Layers = [] });
            yield return Case("a head of its own", Plain with { TiedEmbeddings = false });
            yield return Case("biases everywhere", Plain with { QkvBias = true, OutputBias = true, GateUpBias = true, DownBias = true });
            yield return Case("q/k norms", Plain with { QkNorm = true });
            yield return Case("head width 8, rotated apart", SyntheticModels.Config(headDim: 8) with { QkvBias = true });
            yield return Case("head width 24, rotated apart, q/k norms", SyntheticModels.Config(headDim: 24) with { QkNorm = true });
            yield return Case("Llama-3 rotary scaling", Plain with { RopeScaling = new Llama3Scaling(8, 1, 4, 16) });
            yield return Case("unequal layers, some without blocks", Unequal);
            yield return Case("many positions, rotary computed", Unequal with { MaxPositions = 500_000_000 });
            yield return Case("many positions, rotated apart", SyntheticModels.Config(headDim: 24) with
            {
                MaxPositions = 131072,
                RopeScaling = new Llama3Scaling(8, 1, 4, 16)
            });
            foreach (var (name, config) in SyntheticFamilies.Of(Unequal))
                yield return Case(name, config.NormsBehind ? Wider(config) : config);
            foreach (var (name, config) in SyntheticFamilies.Of(SyntheticModels.Config(layers: 1, headDim: 32) with { MaxPositions = 5000 }))
                yield return Case($"{name}, one wide layer, rotary computed", config);
            yield return Case("half of each head", SyntheticModels.Config(headDim: 32) with { RotaryDim = 16 });
            yield return Case("half of each head, rotary computed", SyntheticModels.Config(headDim: 32) with { RotaryDim = 16, MaxPositions = 131072 });
            yield return Case("a window of one", Plain with { Attention = [new() { Window = 1 }] });
            yield return Case("no attention anywhere", Plain with { Layers = [new(0, 0, 48), new(0, 0, 16)] });
        }
    }

    /// <summary>With experts too, which are written in float32 alone. Those with a head of their own are left to other tests: GenAI ends at id 0 where a model
    /// names no end, and with a tied head they repeat their last token.</summary>
    public static IEnumerable InFloat32 =>
        All.Cast<object>().Concat(SyntheticExperts.All.Where(experts => experts.Value.TiedEmbeddings).Select(experts => Case(experts.Key, experts.Value)));

    public static ModelConfig Plain => SyntheticModels.Config(headDim: 16);

    /// <summary>KV heads 2 / none / 1 / 3 and a layer with neither block; widths that are no multiple of anything.</summary>
    public static ModelConfig Unequal => Plain with
    {
        OutputBias = true,
        DownBias = true,
        Layers = [new(2, 4, 48), new(0, 0, 17), new(1, 2, 0), new(0, 0, 0), new(3, 3, 1)],
    };

    /// <summary>Without blocks of one channel: with a norm behind it, such a block gives its direction or the opposite, however small the channel is, so that
    /// rounding near zero turns it round.</summary>
    private static ModelConfig Wider(ModelConfig config) =>
        config with { Layers = [.. config.Layers.Select(layer => layer.Ffn == 1 ? layer with { Ffn = 8 } : layer)] };

    private static TestCaseData Case(string name, ModelConfig config) => new TestCaseData(config).SetArgDisplayNames(name);
}
