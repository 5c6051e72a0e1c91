using ForgePrune.Forward;
using ForgePrune.Model;
using ForgePrune.Testing;
using ForgePrune.Tokens;

namespace ForgePrune.Onnx.Tests.Export;

/// <summary>The whole decoder in float64, block by block.</summary>
internal static class ReferenceDecoder
{
    /// <summary>Logits (ids.Length × vocab).</summary>
    public static float[] Logits(IDecoderModel model, int[] ids)
    {
        using var blocks = new PlainBlockRunner(model.Config);
        var x = DecoderForward.Run(model, blocks, new TokenWindows(ids.Length, ids));
        return blocks.Logits(model.ReadFinalNorm(), model.ReadHead(), x, Enumerable.Range(0, ids.Length).ToArray());
    }
}
