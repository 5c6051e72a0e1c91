using System.Runtime.CompilerServices;
using ILGPU;

namespace ForgePrune.Kernels.Gpu;

/// <summary>
/// Brings slices of an operand (128 lanes × 8 of the depth) to shared memory, where they lie depth by depth. Each lane of the group brings four neighbors
/// in the direction in which the operand is contiguous, in one 16-byte load where its rows begin at multiples of 16 bytes.
/// </summary>
internal static class FloatSlices
{
    /// <summary>Two slices of shared memory: one is filled while the other is used.</summary>
    public const int Length = 2 * FloatTile.Slice * FloatTile.Size;

    /// <summary>This lane's four elements of the slice at (first, from); those outside the operand are zero.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Float4 Fetch(DeviceOperand<float> source, int first, int lanes, int from, int depth)
    {
        var alongDepth = source.LaneStep != 1;
        var lane = first + (alongDepth ? DeepLane : WideLane);
        var d = from + (alongDepth ? DeepDepth : WideDepth);
        var at = (long)lane * source.LaneStep + (long)d * source.DepthStep;
        if (lane >= lanes || d >= depth)
            return default;
        var (length, step) = alongDepth ? (depth, source.LaneStep) : (lanes, source.DepthStep);
        if ((length | step) % 4 == 0)
            return source.Data.Cast<Float4>()[at / 4];
        var rest = alongDepth ? depth - d : lanes - lane;
        return new(source.Data[at], rest > 1 ? source.Data[at + 1] : 0, rest > 2 ? source.Data[at + 2] : 0, rest > 3 ? source.Data[at + 3] : 0);
    }

    /// <summary>Puts what <see cref="Fetch"/> brought into one of the two slices.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Put(DeviceOperand<float> source, ArrayView<float> slices, int buffer, Float4 values)
    {
        var start = buffer * FloatTile.Slice * FloatTile.Size;
        if (source.LaneStep == 1)
        {
            slices.Cast<Float4>()[(start + WideDepth * FloatTile.Size + WideLane) / 4] = values;
            return;
        }
        var at = start + DeepDepth * FloatTile.Size + DeepLane;
        slices[at] = values.X;
        slices[at + FloatTile.Size] = values.Y;
        slices[at + 2 * FloatTile.Size] = values.Z;
        slices[at + 3 * FloatTile.Size] = values.W;
    }

    /// <summary>First of the four neighbors that this lane brings where lanes are contiguous.</summary>
    internal static int WideLane => Group.IdxX % (FloatTile.Size / 4) * 4;

    /// <summary>And the depth at which it brings them.</summary>
    internal static int WideDepth => Group.IdxX / (FloatTile.Size / 4);

    private static int DeepLane => Group.IdxX % FloatTile.Size;

    private static int DeepDepth => Group.IdxX / FloatTile.Size * 4;
}
