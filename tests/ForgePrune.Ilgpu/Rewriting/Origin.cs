using System.Reflection;
using System.Reflection.Emit;

namespace ForgePrune.Ilgpu;

/// <summary>Tells whether the value that an instruction leaves is a reference: <c>ldfld</c> takes both a value and a reference to one.</summary>
internal static class Origin
{
    public static bool IsReference(MethodBase method, IReadOnlyList<Instruction> instructions, int at)
    {
        var (_, code, operand) = instructions[at];
        return code switch
        {
            _ when code == OpCodes.Dup => IsReference(method, instructions, at - 1),
            _ when code == OpCodes.Ldflda || code == OpCodes.Ldloca || code == OpCodes.Ldarga => true,
            _ when operand is MethodInfo called => called.ReturnType.IsByRef,
            _ when Variable(code, operand, "ldloc") is { } local => method.GetMethodBody()!.LocalVariables[local].LocalType.IsByRef,
            _ when Variable(code, operand, "ldarg") is { } argument => IsReference(method, argument),
            _ => false,
        };
    }

    private static bool IsReference(MethodBase method, int argument) => method.IsStatic
        ? method.GetParameters()[argument].ParameterType.IsByRef
        : argument == 0 || method.GetParameters()[argument - 1].ParameterType.IsByRef;

    private static int? Variable(OpCode code, object? operand, string name) => code.Name == name
        ? (int)operand!
        : code.Name!.StartsWith(name + ".", StringComparison.Ordinal) ? code.Name[^1] - '0' : null;
}
