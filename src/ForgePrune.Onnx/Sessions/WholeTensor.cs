using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace ForgePrune.Onnx.Sessions;

/// <summary>Whole numbers in the type that a graph wants: 32 or 64 bits.</summary>
internal sealed class WholeTensor
{
    private readonly long[]? wide;
    private readonly int[]? narrow;

    /// <param name="type">Int32 or Int64.</param>
    public WholeTensor(TensorElementType type, int length)
    {
        if (type == TensorElementType.Int32)
            narrow = new int[length];
        else
            wide = new long[length];
    }

    public void Set(int index, int value)
    {
        if (narrow is not null)
            narrow[index] = value;
        else
            wide![index] = value;
    }

    public void Fill(int value)
    {
        if (narrow is not null)
            Array.Fill(narrow, value);
        else
            Array.Fill(wide!, value);
    }

    /// <summary>All numbers, as they lie in memory.</summary>
    public ReadOnlySpan<byte> Bytes => narrow is not null ? MemoryMarshal.AsBytes(narrow.AsSpan()) : MemoryMarshal.AsBytes(wide.AsSpan());

    /// <summary>A view of the first numbers. It sees what is set later.</summary>
    public OrtValue Value(params long[] dims) => narrow is not null
        ? OrtValue.CreateTensorValueFromMemory(OrtMemoryInfo.DefaultInstance, narrow.AsMemory(), dims)
        : OrtValue.CreateTensorValueFromMemory(OrtMemoryInfo.DefaultInstance, wide!.AsMemory(), dims);
}
