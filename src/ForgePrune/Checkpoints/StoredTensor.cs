namespace ForgePrune.Checkpoints;

/// <summary>A tensor as a safetensors header describes it, checked.</summary>
/// <param name="TypeName">The name of the type in the header.</param>
/// <param name="Offset">First byte, counted from the start of the file.</param>
/// <param name="Length">Bytes.</param>
internal sealed record StoredTensor(string Name, TensorType Type, string TypeName, long[] Shape, long Offset, long Length)
{
    public string ShapeText => $"[{string.Join(", ", Shape)}]";
}
