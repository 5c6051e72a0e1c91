using ForgePrune.Ilgpu;

namespace ILGPU.Runtime;

/// <summary>What the host does with memory of the device, as in ILGPU.</summary>
public static class ArrayViewExtensions
{
    public static void MemSetToZero<T>(this ArrayView<T> view) where T : unmanaged
    {
        view.Span.Clear();
        view.Memory.MarkWritten<T>(view.Offset, view.Length);
    }

    public static void CopyFromCPU<T>(this ArrayView<T> view, T[] data) where T : unmanaged => view.CopyFromCPU<T, ArrayView<T>>(data);

    /// <typeparam name="TView">Always the view of T; ILGPU names it too.</typeparam>
    public static void CopyFromCPU<T, TView>(this ArrayView<T> view, in ReadOnlySpan<T> data) where T : unmanaged where TView : struct
    {
        if (data.Length > view.Length)
            throw KernelFault.OutOfBounds($"copies {data.Length} elements into a view of {view.Length}");
        data.CopyTo(view.Span);
        view.Memory.MarkWritten<T>(view.Offset, data.Length);
    }

    public static void CopyFrom<T>(this ArrayView<T> view, in ArrayView<T> source) where T : unmanaged
    {
        if (source.Length > view.Length)
            throw KernelFault.OutOfBounds($"copies {source.Length} elements into a view of {view.Length}");
        source.Memory.RequireWritten<T>(source.Offset, source.Length);
        source.Span.CopyTo(view.Span);
        view.Memory.MarkWritten<T>(view.Offset, source.Length);
    }

    public static void CopyToCPU<T>(this ArrayView<T> view, T[] data) where T : unmanaged => view.CopyToCPU<T, ArrayView<T>>(data);

    /// <typeparam name="TView">Always the view of T; ILGPU names it too.</typeparam>
    public static void CopyToCPU<T, TView>(this ArrayView<T> view, in Span<T> data) where T : unmanaged where TView : struct
    {
        if (data.Length > view.Length)
            throw KernelFault.OutOfBounds($"copies {data.Length} elements out of a view of {view.Length}");
        view.Memory.RequireWritten<T>(view.Offset, data.Length);
        view.Span[..data.Length].CopyTo(data);
    }
}
