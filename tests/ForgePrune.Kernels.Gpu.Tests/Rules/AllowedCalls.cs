using System.Reflection;
using ILGPU;

namespace ForgePrune.Kernels.Gpu.Tests.Rules;

/// <summary>
/// What a kernel may call outside its own sources: what ILGPU 1.5.3 itself makes into instructions of the device, as found by compiling each,
/// which the tests do again. Its compiler also accepts Math.Log2, Truncate, Cbrt and FusedMultiplyAdd and leaves a call to nothing in the PTX, which only the
/// driver notices.
/// </summary>
internal static class AllowedCalls
{
    private static readonly HashSet<string> OfMath = ["Abs", "Sqrt", "Floor", "Ceiling", "CopySign"];
    // Of floating-point numbers they pass NaN over on devices, and keep it in .NET.
    private static readonly HashSet<string> OfIntegers = ["Min", "Max"];
    private static readonly HashSet<string> OfNumbers = ["IsNaN", "IsInfinity", "IsFinite", "IsNegative", "IsPositiveInfinity", "IsNegativeInfinity"];
    private static readonly HashSet<string> OfBits = ["DoubleToInt64Bits", "Int64BitsToDouble", "SingleToInt32Bits"];

    // The generic view, and what stands for instructions of the device.
    private static readonly HashSet<Type> OfIlgpu = [typeof(ArrayView<>), typeof(Index1D), typeof(Group), typeof(Grid), typeof(SharedMemory)];

    /// <summary>Whether a method's own instructions are the kernel's too, and not the library's.</summary>
    public static bool IsOwn(MethodBase method) => method.Module.Assembly is var home && home != typeof(object).Assembly && home != typeof(Context).Assembly;

    public static bool Contains(MethodBase method)
    {
        var type = method.DeclaringType!;
        if (type.Assembly == typeof(Context).Assembly)
            return OfIlgpu.Contains(type.IsGenericType ? type.GetGenericTypeDefinition() : type);
        if (type == typeof(Math) || type == typeof(MathF))
            // Decimal ones are no instructions of any device.
            return OfMath.Contains(method.Name) && TakesNone(method, typeof(decimal))
                || OfIntegers.Contains(method.Name) && TakesNone(method, typeof(decimal), typeof(double), typeof(float));
        return type == typeof(double) || type == typeof(float) ? OfNumbers.Contains(method.Name) : type == typeof(BitConverter) && OfBits.Contains(method.Name);
    }

    private static bool TakesNone(MethodBase method, params Type[] types) => !method.GetParameters().Any(parameter => types.Contains(parameter.ParameterType));
}
