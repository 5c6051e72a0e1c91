using ForgePrune.Forward;
using ForgePrune.Model;
using ForgePrune.Onnx.Tests.Forward;

namespace ForgePrune.Onnx.Tests.Export;

/// <summary>The whole decoder in float64, block by block.</summary>
internal static class ReferenceDecoder
{
    /// <summary>Logits (ids.Length × vocab).</summary>
    public static float[] Logits(IDecoderModel model, int[] ids)
    {
        using var blocks = new ReferenceBlockRunner(model.Config);
        var embedding = model.ReadEmbedding();
        var x = new Activations(1, ids.Length, model.Config.HiddenSize, [.. ids.SelectMany(id => embedding.Row(id).ToArray())]);
        for (var index = 0; index < model.Config.Layers.Count; index++)
        {
            var layer = model.ReadLayer(index);
            if (layer.Attention is { } attention)
                x = blocks.Attention(attention, layer.AttentionNorm, x).Output;
            if (layer.Mlp is { } mlp)
                x = blocks.Mlp(mlp, layer.MlpNorm, x).Output;
        }
        return blocks.Logits(model.ReadFinalNorm(), model.ReadHead(), x, Enumerable.Range(0, ids.Length).ToArray());
    }
}
