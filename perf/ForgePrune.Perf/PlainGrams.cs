using ForgePrune.Calibration;
using ForgePrune.Forward;
using ForgePrune.Kernels;
using ForgePrune.Levels;
using ForgePrune.Model;
using ForgePrune.Tokens;

namespace ForgePrune.Perf;

/// <summary>Grams of tokens that all count alike, also behind norms: what the plain squared error of projections is computed from.</summary>
internal sealed class PlainGrams : IGramSource
{
    private readonly List<(GramStatistics Attention, GramStatistics Mlp)> layers = [];

    public PlainGrams(IDecoderModel model, IBlockRunner runner, TokenWindows windows)
    {
        var x = DecoderForward.Embed(model, windows);
        for (var index = 0; index < model.Config.Layers.Count; index++)
        {
            var layer = model.ReadLayer(index);
            var attention = runner.Attention(layer.Attention!, layer.AttentionNorm, x, captureInputs: true);
            var mlp = runner.Mlp(layer.Mlp!, layer.MlpNorm, attention.Output, captureInputs: true);
            layers.Add((Gram(attention.Inputs!), Gram(mlp.Inputs!)));
            x = mlp.Output;
        }
    }

    public GramStatistics Attention(int layer, int cols) => layers[layer].Attention;

    public GramStatistics Mlp(int layer, int cols) => layers[layer].Mlp;

    public LevelDatabase Levels(IDecoderModel model, IPruningDevice device) => new([.. layers.Select((grams, index) =>
    {
        var layer = model.ReadLayer(index);
        return new LayerLevels(
            LevelBuilder.Attention(grams.Attention, layer.Attention!.Output, layer.Attention.KvHeads, layer.Attention.QueryHeads, new(), "o_proj", device),
            LevelBuilder.Channels(grams.Mlp, layer.Mlp!.Down, new(), "down_proj", device));
    })], Affine: false);

    private static GramStatistics Gram(Activations inputs)
    {
        var gram = new GramStatistics(inputs.Width);
        gram.Add(inputs, Environment.ProcessorCount);
        return gram;
    }
}
