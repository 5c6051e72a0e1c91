using System.Reflection;
using System.Reflection.Emit;

namespace ForgePrune.Kernels.Gpu.Tests.Rules;

/// <summary>What an instruction takes from the evaluation stack and gives to it (ECMA-335, III).</summary>
internal static class StackEffect
{
    /// <param name="depth">What there is to take: a return takes all.</param>
    public static int Taken(Instruction instruction, int depth) => instruction.Operand switch
    {
        _ when instruction.Code == OpCodes.Ret => depth,
        ConstructorInfo made when instruction.Code == OpCodes.Newobj => made.GetParameters().Length,
        MethodBase called => called.GetParameters().Length + (called.IsStatic ? 0 : 1),
        _ => Count(instruction.Code.StackBehaviourPop, StackBehaviour.Pop0),
    };

    /// <param name="taken">What it took, the top last.</param>
    public static IEnumerable<Held> Given(MethodBase method, Instruction instruction, Held[] taken)
    {
        var code = instruction.Code;
        if (code == OpCodes.Dup)
            return [taken[0], taken[0]];
        var given = instruction.Operand switch
        {
            MethodInfo called => called.ReturnType == typeof(void) ? 0 : 1,
            ConstructorInfo => code == OpCodes.Newobj ? 1 : 0,
            _ => Count(code.StackBehaviourPush, StackBehaviour.Push0),
        };
        return given == 0 ? [] : [Of(method, instruction, taken)];
    }

    private static Held Of(MethodBase method, Instruction instruction, Held[] taken) => instruction.Code.Name switch
    {
        "ceq" or "cgt" or "cgt.un" or "clt" or "clt.un" => Held.Truth,
        "ldc.i4.0" or "ldc.i4.1" => Held.Bit,
        "ldc.i4" when instruction.Operand is 0 or 1 => Held.Bit,
        "and" or "or" or "xor" => taken.Contains(Held.Truth) && !taken.Contains(Held.Number) ? Held.Truth : Held.Number,
        "ldind.u1" or "ldobj" => taken[0] is Held.Reference ? Held.Truth : Held.Number,
        "ldflda" => Of(((FieldInfo)instruction.Operand!).FieldType.MakeByRefType()),
        _ => instruction switch
        {
            { Operand: MethodInfo called } => Of(called.ReturnType),
            { Operand: FieldInfo field } => Of(field.FieldType),
            _ when instruction.Variable("ldloc") is { } local => Of(method.GetMethodBody()!.LocalVariables[local].LocalType),
            _ when instruction.Variable("ldarg") is { } argument => Of(Argument(method, argument)),
            _ when instruction.Variable("ldloca") is { } local => Of(method.GetMethodBody()!.LocalVariables[local].LocalType.MakeByRefType()),
            _ when instruction.Variable("ldarga") is { } argument => Of(Argument(method, argument).MakeByRefType()),
            _ => Held.Number,
        },
    };

    private static Held Of(Type type) => type == typeof(bool) ? Held.Truth : type == typeof(bool).MakeByRefType() ? Held.Reference : Held.Number;

    private static Type Argument(MethodBase method, int number) => method.IsStatic
        ? method.GetParameters()[number].ParameterType
        : number == 0 ? method.DeclaringType!.MakeByRefType() : method.GetParameters()[number - 1].ParameterType;

    // Its name lists the kinds of what is taken or given: Popi_pop1.
    private static int Count(StackBehaviour behaviour, StackBehaviour nothing) => behaviour == nothing ? 0 : behaviour.ToString().Split('_').Length;
}
