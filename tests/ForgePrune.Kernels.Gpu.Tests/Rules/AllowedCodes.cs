using System.Reflection.Emit;
using static System.Reflection.Emit.OpCodes;

namespace ForgePrune.Kernels.Gpu.Tests.Rules;

/// <summary>The instructions that a kernel may hold. What is not here was never tried, is refused by ILGPU 1.5.3, or means something else on a
/// device.</summary>
internal static class AllowedCodes
{
    private static readonly HashSet<OpCode> All =
    [
        Nop, Dup, Pop, Ret, Br, Brtrue, Brfalse, Beq, Bne_Un, Bge, Bge_Un, Bgt, Bgt_Un, Ble, Ble_Un, Blt, Blt_Un, Switch,
        Ldarg, Ldarg_0, Ldarg_1, Ldarg_2, Ldarg_3, Ldarga, Starg, Ldloc, Ldloc_0, Ldloc_1, Ldloc_2, Ldloc_3, Ldloca, Stloc, Stloc_0, Stloc_1, Stloc_2, Stloc_3,
        Ldc_I4, Ldc_I4_M1, Ldc_I4_0, Ldc_I4_1, Ldc_I4_2, Ldc_I4_3, Ldc_I4_4, Ldc_I4_5, Ldc_I4_6, Ldc_I4_7, Ldc_I4_8, Ldc_I8, Ldc_R4, Ldc_R8,
        Add, Sub, Mul, Div, Div_Un, Rem, Rem_Un, And, Or, Xor, Not, Neg, Shl, Shr, Shr_Un, Ceq, Cgt, Cgt_Un, Clt, Clt_Un,
        Conv_I1, Conv_I2, Conv_I4, Conv_I8, Conv_U1, Conv_U2, Conv_U4, Conv_U8, Conv_R4, Conv_R8,
        Ldind_I1, Ldind_I2, Ldind_I4, Ldind_I8, Ldind_U1, Ldind_U2, Ldind_U4, Ldind_R4, Ldind_R8, Stind_I1, Stind_I2, Stind_I4, Stind_I8, Stind_R4, Stind_R8,
        Ldobj, Stobj, Initobj, Ldfld, Ldflda, Stfld, Ldsfld, Call, Newobj, Sizeof,
    ];

    private static readonly Dictionary<string, string> Reasons = new()
    {
        ["throw"] = "throws",
        ["rethrow"] = "throws",
        ["leave"] = "has a try block",
        ["endfinally"] = "has a try block",
        ["localloc"] = "uses stackalloc",
        ["ldstr"] = "uses a string",
        ["box"] = "boxes a value",
        ["unbox"] = "unboxes a value",
        ["unbox.any"] = "unboxes a value",
        ["ldftn"] = "makes a delegate",
        ["ldvirtftn"] = "makes a delegate",
        ["callvirt"] = "makes a virtual call",
        ["calli"] = "calls through a pointer",
        ["stsfld"] = "writes a static field",
        ["ldsflda"] = "takes the address of a static field",
        ["newarr"] = "makes an array",
        ["ldlen"] = "uses an array",
        ["ldnull"] = "uses an object",
        ["ldtoken"] = "uses a type or field as a value",
        ["conv.r.un"] = "converts an unsigned number to floating point, of which ILGPU takes one of 64 bits for signed; convert it to long first",
        ["castclass"] = "uses an object",
        ["isinst"] = "uses an object",
        ["ldind.ref"] = "uses an object",
        ["stind.ref"] = "uses an object",
        ["ldind.i"] = "uses a pointer",
        ["stind.i"] = "uses a pointer",
        ["conv.u"] = "uses a pointer",
        ["conv.i"] = "uses a pointer",
    };

    public static bool Contains(OpCode code) => All.Contains(code);

    /// <summary>What the source does that led to this instruction.</summary>
    public static string Reason(OpCode code)
    {
        var name = code.Name!;
        if (Reasons.TryGetValue(name, out var reason))
            return reason;
        // ILGPU drops the check without a word.
        return name.Contains(".ovf") ? $"is checked for overflow ({name}), which ILGPU drops" : name.Contains("elem") ? $"uses an array ({name})"
            : $"holds the instruction {name}";
    }
}
