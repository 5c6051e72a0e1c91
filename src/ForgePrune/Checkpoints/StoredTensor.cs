namespace ForgePrune.Checkpoints;

/// <summary>A tensor as a safetensors header describes it, checked.</summary>
/// <param name="TypeName">As the header spells it.</param>
/// <param name="Offset">First byte, counted from the start of the file.</param>
/// <param name="Length">Bytes.</param>
internal sealed record StoredTensor(string Name, TensorType Type, string TypeName, long[] Shape, long Offset, long Length)
{
    public string ShapeText => $"[{string.Join(", ", Shape)}]";
}
