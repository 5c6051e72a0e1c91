using ILGPU;

namespace ForgePrune.Kernels.Gpu;

/// <summary>
/// An operand of a product on the device, seen as lanes × depth: element (lane, d) lies at <c>lane · LaneStep + d · DepthStep</c>. The left operand's
/// lanes are its rows, the right operand's lanes its columns; transposition is an exchange of steps.
/// </summary>
public readonly struct DeviceOperand<T>(ArrayView<T> data, int laneStep, int depthStep) where T : unmanaged
{
    public readonly ArrayView<T> Data = data;
    public readonly int LaneStep = laneStep, DepthStep = depthStep;

    /// <summary>Rows of a row-major matrix as lanes, its columns as depth.</summary>
    public static DeviceOperand<T> Rows(ArrayView<T> data, int stride) => new(data, stride, 1);

    /// <summary>Columns of a row-major matrix as lanes, its rows as depth.</summary>
    public static DeviceOperand<T> Columns(ArrayView<T> data, int stride) => new(data, 1, stride);

    internal T At(int lane, int depth) => Data[(long)lane * LaneStep + (long)depth * DepthStep];
}
