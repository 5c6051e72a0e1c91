using System.Numerics.Tensors;
using ForgePrune.Errors;
using ForgePrune.Memory;
using ForgePrune.Model;
using ForgePrune.Tokens;

namespace ForgePrune.Forward;

/// <summary>The forward pass of a decoder with one layer in memory at a time.</summary>
public static class DecoderForward
{
    /// <summary>The residual stream before the first layer: embeddings, times the factor that the model has for them.</summary>
    /// <param name="model">The model.</param>
    /// <param name="windows">The token ids.</param>
    /// <returns>windows × tokens × hidden.</returns>
    /// <exception cref="BadInputException">A token id lies outside the vocabulary.</exception>
    public static Activations Embed(IDecoderModel model, TokenWindows windows) =>
        Embed(model.ReadEmbedding(), windows, 0, windows.Count, model.Config.EmbeddingScale);

    /// <summary>The same of <paramref name="count"/> windows from <paramref name="start"/> on.</summary>
    /// <param name="scale">The factor of the rows.</param>
    internal static Activations Embed(Matrix embedding, TokenWindows windows, int start, int count, double scale)
    {
        var x = new Activations(count, windows.Length, embedding.Cols);
        var row = 0;
        for (var window = start; window < start + count; window++)
        {
            foreach (var id in windows.Window(window))
            {
                if ((uint)id >= (uint)embedding.Rows)
                    throw ForwardErrors.ForeignToken(id, window, embedding.Rows);
                embedding.CopyRow(id, x.Values.AsSpan(row++ * embedding.Cols, embedding.Cols));
            }
        }

        if (scale != 1)
            TensorPrimitives.Multiply(x.Values, (float)scale, x.Values);
        return x;
    }

    /// <summary>The residual stream after the last layer, before the final norm.</summary>
    /// <param name="model">The model.</param>
    /// <param name="runner">The forward pass of its blocks.</param>
    /// <param name="windows">The token ids.</param>
    /// <returns>windows × tokens × hidden.</returns>
    /// <exception cref="BadInputException">A token id lies outside of the vocabulary.</exception>
    public static Activations Run(IDecoderModel model, IBlockRunner runner, TokenWindows windows) => Run(model, runner, windows, null);

    /// <param name="passed">Hears the number of layers that are done, after each.</param>
    /// <inheritdoc cref="Run(IDecoderModel, IBlockRunner, TokenWindows)"/>
    internal static Activations Run(IDecoderModel model, IBlockRunner runner, TokenWindows windows, Action<int>? passed)
    {
        var x = Embed(runner.EmbeddingOf(model), windows, 0, windows.Count, model.Config.EmbeddingScale);
        using var layers = new LayerReader(model, runner, model.Config.Layers.Count);
        for (var index = 0; index < model.Config.Layers.Count; index++)
        {
            x = Layer(layers.Read(index), runner, x);
            LargeArrays.Settle();
            passed?.Invoke(index + 1);
        }

        return x;
    }

    /// <summary>The residual stream after one layer: x ← x + attention(norm(x)), then x ← x + mlp(norm(x)). A missing block is skipped.</summary>
    /// <param name="layer">The weights of the layer.</param>
    /// <param name="runner">The forward pass of its blocks.</param>
    /// <param name="x">The residual stream before the layer, windows × tokens × hidden.</param>
    /// <returns>windows × tokens × hidden.</returns>
    public static Activations Layer(LayerWeights layer, IBlockRunner runner, Activations x)
    {
        if (layer.Attention is not null)
            x = runner.Attention(layer.Attention, layer.AttentionNorm, x).Output;
        return layer.Mlp is null ? x : runner.Mlp(layer.Mlp, layer.MlpNorm, x).Output;
    }
}
