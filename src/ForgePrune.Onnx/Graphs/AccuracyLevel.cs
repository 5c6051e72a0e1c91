using ForgePrune.Quantization;

namespace ForgePrune.Onnx.Graphs;

/// <summary>How exactly MatMulNBits multiplies, as its attribute says. 4 lets the runtime round activations to eight bits, block by block, and multiply whole
/// numbers; 0 keeps float32, several times slower.</summary>
internal static class AccuracyLevel
{
    public const long Fast = ModelQuantization.RoundedLevel, Exact = ModelQuantization.ExactLevel;

    public static OnnxAttribute Of(long level) => OnnxAttribute.Of("accuracy_level", level);

    /// <summary>A written model with <see cref="Exact"/> in place of <see cref="Fast"/>: the same codes to compare with. Both take one byte.</summary>
    /// <exception cref="InvalidOperationException">No product asks for <see cref="Fast"/>.</exception>
    public static byte[] MakeExact(byte[] model)
    {
        byte[] exact = [.. model], fast = Bytes(Fast), replacement = Bytes(Exact);
        var found = 0;
        for (var (at, next) = (0, 0); (next = exact.AsSpan(at).IndexOf(fast)) >= 0; at += next + fast.Length, found++)
            replacement.CopyTo(exact, at + next);
        return found > 0 ? exact : throw new InvalidOperationException("the model has no products of quantised weights at accuracy level 4");
    }

    private static byte[] Bytes(long level)
    {
        var attribute = new ProtoWriter();
        Of(level).Write(attribute);
        return attribute.ToArray();
    }
}
