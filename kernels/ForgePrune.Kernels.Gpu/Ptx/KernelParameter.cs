using System.Reflection;
using ILGPU;

namespace ForgePrune.Kernels.Gpu;

/// <summary>A parameter of a kernel as PTX takes it.</summary>
/// <param name="Name">Its name in the source.</param>
/// <param name="Type"><c>i32</c>, <c>f32</c>, <c>f64</c>, a <c>view</c> of elements, or an <c>operand</c> of a product.</param>
/// <param name="Bytes">Its size; parameters are passed one by one, each as a block of so many bytes.</param>
/// <param name="Meaning">What it is.</param>
public sealed record KernelParameter(string Name, string Type, int Bytes, string Meaning)
{
    /// <summary>A view is a device pointer and the number of elements, 64 bits each. Kernels here never read the number.</summary>
    public const int ViewBytes = 16;

    /// <summary>An operand is a view followed by laneStep and depthStep, 32 bits each.</summary>
    public const int OperandBytes = 24;

    internal static KernelParameter Of(ParameterInfo parameter, string meaning)
    {
        var (type, bytes) = Describe(parameter.ParameterType);
        return new(parameter.Name!, type, bytes, meaning);
    }

    private static (string Type, int Bytes) Describe(Type type)
    {
        if (type == typeof(int) || type == typeof(Index1D))
            return ("i32", 4);
        if (type == typeof(float))
            return ("f32", 4);
        if (type == typeof(double))
            return ("f64", 8);
        if (type == typeof(byte))
            return ("u8", 1);
        if (type == typeof(ushort))
            return ("u16", 2);
        var element = type.IsGenericType ? Describe(type.GenericTypeArguments[0]).Type : null;
        if (element is not null && type.GetGenericTypeDefinition() == typeof(ArrayView<>))
            return ($"view<{element}>", ViewBytes);
        if (element is not null && type.GetGenericTypeDefinition() == typeof(DeviceOperand<>))
            return ($"operand<{element}>", OperandBytes);
        throw new NotSupportedException($"A kernel takes a {type}, of which it is not known how PTX passes it.");
    }
}
