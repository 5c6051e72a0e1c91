using System.Numerics.Tensors;
using ForgePrune.Forward;
using ForgePrune.Model;
using ForgePrune.Tokens;

namespace ForgePrune.Methods.Baselines;

/// <summary>ShortGPT's block influence of one whole decoder layer: 1 − mean over tokens of cos(residual stream before, after). Low scores
/// go first. Batches are added one by one.</summary>
internal sealed class BlockInfluence
{
    private double cosines;
    private long tokens;

    /// <summary>The score of every layer of a model on some text.</summary>
    /// <param name="runner">The forward pass of the model's blocks.</param>
    public static double[] Of(IDecoderModel model, IBlockRunner runner, TokenWindows windows)
    {
        var x = DecoderForward.Embed(model, windows);
        var scores = new double[model.Config.Layers.Count];
        for (var layer = 0; layer < scores.Length; layer++)
        {
            var (before, influence) = (x, new BlockInfluence());
            x = DecoderForward.Layer(model.ReadLayer(layer), runner, x);
            influence.Add(before, x);
            scores[layer] = influence.Score;
        }

        return scores;
    }

    /// <summary>1 − mean cosine over everything added.</summary>
    public double Score => tokens > 0 ? 1 - cosines / tokens : throw new InvalidOperationException("no activations were added");

    /// <param name="before">Residual stream that enters the layer (windows × tokens × hidden).</param>
    /// <param name="after">Residual stream that leaves it, of the same shape.</param>
    public void Add(Activations before, Activations after)
    {
        if (before.Rows != after.Rows || before.Width != after.Width)
            throw new ArgumentException($"{before.Rows} × {before.Width} before, {after.Rows} × {after.Width} after", nameof(after));
        for (var row = 0; row < before.Rows; row++)
        {
            var x = before.Values.AsSpan(row * before.Width, before.Width);
            var y = after.Values.AsSpan(row * after.Width, after.Width);
            cosines += TensorPrimitives.CosineSimilarity(x, y);
        }
        tokens += before.Rows;
    }
}
