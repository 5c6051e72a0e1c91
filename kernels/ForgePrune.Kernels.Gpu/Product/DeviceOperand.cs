using ILGPU;

namespace ForgePrune.Kernels.Gpu;

/// <summary>
/// An operand of a product on a device, seen as lanes × depth: element (lane, d) lies at <c>lane · LaneStep + d · DepthStep</c>. The left operand's
/// lanes are its rows, the right operand's lanes its columns; transposition is an exchange of steps.
/// </summary>
/// <typeparam name="T">Type of the elements.</typeparam>
/// <param name="data">The elements, from the first of the operand on.</param>
/// <param name="laneStep">Elements from one lane to the next.</param>
/// <param name="depthStep">Elements from one term of a sum to the next.</param>
public readonly struct DeviceOperand<T>(ArrayView<T> data, int laneStep, int depthStep) where T : unmanaged
{
    /// <summary>The elements, from the first of the operand on.</summary>
    public readonly ArrayView<T> Data = data;

    /// <summary>The elements from one lane to the next.</summary>
    public readonly int LaneStep = laneStep;

    /// <summary>The elements from one term of a sum to the next.</summary>
    public readonly int DepthStep = depthStep;

    /// <summary>Takes the rows of a row-major matrix as lanes, its columns as depth.</summary>
    /// <param name="data">The elements, from the first of the matrix on.</param>
    /// <param name="stride">Elements from one row of the matrix to the next.</param>
    public static DeviceOperand<T> Rows(ArrayView<T> data, int stride) => new(data, stride, 1);

    /// <summary>Takes the columns of a row-major matrix as lanes, its rows as depth.</summary>
    /// <param name="data">The elements, from the first of the matrix on.</param>
    /// <param name="stride">Elements from one row of the matrix to the next.</param>
    public static DeviceOperand<T> Columns(ArrayView<T> data, int stride) => new(data, 1, stride);

    internal T At(int lane, int depth) => Data[(long)lane * LaneStep + (long)depth * DepthStep];
}
