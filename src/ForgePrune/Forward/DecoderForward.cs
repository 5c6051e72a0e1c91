using ForgePrune.Errors;
using ForgePrune.Memory;
using ForgePrune.Model;
using ForgePrune.Tokens;

namespace ForgePrune.Forward;

/// <summary>The way of tokens through a decoder, one layer resident at a time.</summary>
public static class DecoderForward
{
    /// <summary>The residual stream before the first layer: one row of <paramref name="embedding"/> (vocab × hidden) per token.</summary>
    /// <exception cref="BadInputException">A token id lies outside the vocabulary.</exception>
    public static Activations Embed(Matrix embedding, TokenWindows windows)
    {
        var x = new Activations(windows.Count, windows.Length, embedding.Cols);
        var row = 0;
        for (var window = 0; window < windows.Count; window++)
        {
            foreach (var id in windows.Window(window))
            {
                if ((uint)id >= (uint)embedding.Rows)
                    throw ForwardErrors.ForeignToken(id, window, embedding.Rows);
                embedding.Row(id).CopyTo(x.Values.AsSpan(row++ * embedding.Cols));
            }
        }
        return x;
    }

    /// <summary>The residual stream after the last layer (windows × tokens × hidden), before the final norm.</summary>
    public static Activations Run(IDecoderModel model, IBlockRunner runner, TokenWindows windows)
    {
        var x = Embed(model.ReadEmbedding(), windows);
        for (var index = 0; index < model.Config.Layers.Count; index++)
        {
            x = Layer(model.ReadLayer(index), runner, x);
            LargeArrays.Settle();
        }

        return x;
    }

    /// <summary>The residual stream after one layer.</summary>
    public static Activations Layer(LayerWeights layer, IBlockRunner runner, Activations x)
    {
        if (layer.Attention is not null)
            x = runner.Attention(layer.Attention, layer.AttentionNorm, x).Output;
        return layer.Mlp is null ? x : runner.Mlp(layer.Mlp, layer.MlpNorm, x).Output;
    }
}
