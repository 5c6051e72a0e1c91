using System.Reflection.Emit;

namespace ForgePrune.Kernels.Gpu.Tests.Rules;

/// <summary>One instruction of a method, its operand resolved.</summary>
/// <param name="Offset">Where it begins.</param>
/// <param name="Code">Short forms are told as the long ones.</param>
/// <param name="Operand">A number, the offset or offsets a branch goes to, the number of a variable, or the type, field, method or text that is named.</param>
internal sealed record Instruction(int Offset, OpCode Code, object? Operand)
{
    /// <summary>The offsets that it may branch to.</summary>
    public IEnumerable<int> Targets => Code.OperandType switch
    {
        OperandType.InlineBrTarget => [(int)Operand!],
        OperandType.InlineSwitch => (int[])Operand!,
        _ => [],
    };

    /// <summary>The number of the variable, whether it is the operand or part of the code as in <c>ldloc.2</c>; null for any other code.</summary>
    public int? Variable(string code) => Code.Name == code
        ? (int)Operand!
        : Code.Name!.StartsWith(code + ".", StringComparison.Ordinal) ? Code.Name[^1] - '0' : null;
}
