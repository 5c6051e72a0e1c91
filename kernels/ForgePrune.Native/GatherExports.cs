using System.Runtime.InteropServices;
using ForgePrune.Kernels;
using static ForgePrune.Native.NativeSpan;

namespace ForgePrune.Native;

/// <summary>What a kept set leaves of a weight matrix.</summary>
internal static unsafe class GatherExports
{
    [UnmanagedCallersOnly(EntryPoint = "fp_gather_rows_f32")]
    public static Status Rows(float* source, long rows, long cols, long stride, long width, int* blocks, long count, float* target, long targetStride) =>
        NativeCall.Run(() => Gather.RowBlocks(Matrix(source, rows, cols, stride, "source"), Size(rows, "rows"), Size(cols, "cols"), Size(stride, "stride"),
            Size(width, "width"), Vector(blocks, count, "blocks"), Matrix(target, checked(count * width), cols, targetStride, "target"),
                Size(targetStride, "target_stride")));

    [UnmanagedCallersOnly(EntryPoint = "fp_gather_columns_f32")]
    public static Status Columns(float* source, long rows, long cols, long stride, long width, int* blocks, long count, float* target, long targetStride) =>
        NativeCall.Run(() => Gather.ColumnBlocks(Matrix(source, rows, cols, stride, "source"), Size(rows, "rows"), Size(cols, "cols"), Size(stride, "stride"),
            Size(width, "width"), Vector(blocks, count, "blocks"), Matrix(target, rows, checked(count * width), targetStride, "target"),
                Size(targetStride, "target_stride")));
}
