using System.Buffers.Binary;
using System.Reflection;
using System.Reflection.Emit;

namespace ForgePrune.Kernels.Gpu.Tests.Rules;

/// <summary>Reads the instructions of a method (ECMA-335, III.1.2).</summary>
internal static class MethodIl
{
    private static readonly Dictionary<short, OpCode> Codes = typeof(OpCodes).GetFields(BindingFlags.Public | BindingFlags.Static)
        .Select(field => (OpCode)field.GetValue(null)!).ToDictionary(code => code.Value);

    private static readonly Dictionary<string, OpCode> Names = Codes.Values.ToDictionary(code => code.Name!);

    /// <summary>The instructions of a method that has a body, in order.</summary>
    public static IReadOnlyList<Instruction> Read(MethodBase method)
    {
        var il = method.GetMethodBody()!.GetILAsByteArray()!;
        var result = new List<Instruction>();
        for (var at = 0; at < il.Length;)
        {
            var offset = at;
            // The prefix FE makes a code of two bytes.
            var code = il[at] == 0xFE ? Codes[(short)(0xFE00 | il[at + 1])] : Codes[il[at]];
            at += code.Size;
            var operand = Operand(method, code, il, ref at);
            result.Add(new(offset, Long(code), operand));
        }
        return result;
    }

    private static object? Operand(MethodBase method, OpCode code, byte[] il, ref int at)
    {
        var start = at;
        var bytes = il.AsSpan(at);
        switch (code.OperandType)
        {
            case OperandType.InlineNone:
                return null;
            case OperandType.ShortInlineBrTarget:
                at += 1;
                return at + (sbyte)bytes[0];
            case OperandType.InlineBrTarget:
                at += 4;
                return at + BinaryPrimitives.ReadInt32LittleEndian(bytes);
            case OperandType.ShortInlineI:
                at += 1;
                return (int)(sbyte)bytes[0];
            case OperandType.ShortInlineVar:
                at += 1;
                return (int)bytes[0];
            case OperandType.InlineVar:
                at += 2;
                return (int)BinaryPrimitives.ReadUInt16LittleEndian(bytes);
            case OperandType.InlineI:
                at += 4;
                return BinaryPrimitives.ReadInt32LittleEndian(bytes);
            case OperandType.InlineI8:
                at += 8;
                return BinaryPrimitives.ReadInt64LittleEndian(bytes);
            case OperandType.ShortInlineR:
                at += 4;
                return BinaryPrimitives.ReadSingleLittleEndian(bytes);
            case OperandType.InlineR:
                at += 8;
                return BinaryPrimitives.ReadDoubleLittleEndian(bytes);
            case OperandType.InlineSwitch:
                var targets = new int[BinaryPrimitives.ReadInt32LittleEndian(bytes)];
                at += 4 + 4 * targets.Length;
                for (var i = 0; i < targets.Length; i++)
                    targets[i] = at + BinaryPrimitives.ReadInt32LittleEndian(il.AsSpan(start + 4 + 4 * i));
                return targets;
            default:
                at += 4;
                return Named(method, code.OperandType, BinaryPrimitives.ReadInt32LittleEndian(bytes));
        }
    }

    private static object? Named(MethodBase method, OperandType type, int token)
    {
        var ofType = method.DeclaringType is { IsGenericType: true } generic ? generic.GetGenericArguments() : null;
        var ofMethod = method.IsGenericMethod ? method.GetGenericArguments() : null;
        return type switch
        {
            OperandType.InlineString => method.Module.ResolveString(token),
            OperandType.InlineSig => token,
            _ => method.Module.ResolveMember(token, ofType, ofMethod),
        };
    }

    private static OpCode Long(OpCode code) => code.Name!.EndsWith(".s") && Names.TryGetValue(code.Name[..^2], out var longer) ? longer : code;
}
