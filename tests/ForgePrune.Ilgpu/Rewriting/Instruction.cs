using System.Reflection.Emit;

namespace ForgePrune.Ilgpu;

/// <summary>One instruction of a method, its operand resolved.</summary>
/// <param name="Offset">Where it begins.</param>
/// <param name="Code">Short forms are told as the long ones.</param>
/// <param name="Operand">A number, the offset or offsets a branch goes to, the number of a variable, or the type, field, method or text that is named.</param>
internal sealed record Instruction(int Offset, OpCode Code, object? Operand);
