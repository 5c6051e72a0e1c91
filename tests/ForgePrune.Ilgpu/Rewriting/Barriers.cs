using System.Reflection;
using System.Reflection.Emit;
using ILGPU;

namespace ForgePrune.Ilgpu;

/// <summary>Writes the barriers of a kernel: the lane keeps its variables and returns; called again, it jumps behind the barrier and takes them back.</summary>
internal sealed class Barriers
{
    private static readonly MethodInfo Barrier = typeof(Group).GetMethod(nameof(Group.Barrier))!;

    private readonly ILGenerator _il;
    private readonly Type[] _arguments, _locals;
    private readonly Label[] _behind;
    private readonly int? _leftOut;
    private int _written;

    private Barriers(ILGenerator il, MethodBase method, Label[] behind, int? leftOut)
    {
        (_il, _behind, _leftOut) = (il, behind, leftOut);
        _arguments = [.. method.GetParameters().Select(parameter => parameter.ParameterType)];
        _locals = [.. method.GetMethodBody()!.LocalVariables.Select(local => local.LocalType)];
    }

    public static bool IsBarrier(Instruction instruction) => instruction.Operand is MethodInfo called && called == Barrier;

    public static int Count(MethodBase kernel) => MethodIl.Read(kernel).Count(IsBarrier);

    /// <summary>Writes the jump to where the lane goes on; nothing for a method without barriers.</summary>
    public static Barriers Begin(ILGenerator il, MethodBase method, IReadOnlyList<Instruction> instructions, int? leftOut)
    {
        Label[] behind = [.. instructions.Where(IsBarrier).Select(_ => il.DefineLabel())];
        if (behind.Length > 0)
        {
            var start = il.DefineLabel();
            il.Emit(OpCodes.Call, Of(nameof(Lane.Entry)));
            il.Emit(OpCodes.Switch, [start, .. behind]);
            il.MarkLabel(start);
        }
        return new(il, method, behind, leftOut);
    }

    public void Write(int site)
    {
        if (_written == _leftOut)
        {
            _il.MarkLabel(_behind[_written++]);
            return;
        }
        _il.Emit(OpCodes.Ldc_I4, site);
        _il.Emit(OpCodes.Call, typeof(Watched).GetMethod(nameof(Watched.Here))!);
        for (var i = 0; i < _arguments.Length; i++)
            Keep(_arguments[i], OpCodes.Ldarg, i, i);
        for (var i = 0; i < _locals.Length; i++)
            Keep(_locals[i], OpCodes.Ldloc, i, _arguments.Length + i);
        _il.Emit(OpCodes.Ldc_I4, _written + 1);
        _il.Emit(OpCodes.Call, Of(nameof(Lane.Wait)));
        _il.Emit(OpCodes.Ret);
        _il.MarkLabel(_behind[_written++]);
        for (var i = 0; i < _arguments.Length; i++)
            TakeBack(_arguments[i], OpCodes.Starg, i, i);
        for (var i = 0; i < _locals.Length; i++)
            TakeBack(_locals[i], OpCodes.Stloc, i, _arguments.Length + i);
    }

    private void Keep(Type type, OpCode load, int variable, int slot)
    {
        _il.Emit(load, (short)variable);
        _il.Emit(OpCodes.Ldc_I4, slot);
        _il.Emit(OpCodes.Call, type.IsByRef ? Of(nameof(Lane.KeepReference)) : Of(nameof(Lane.Keep)).MakeGenericMethod(type));
    }

    private void TakeBack(Type type, OpCode store, int variable, int slot)
    {
        _il.Emit(OpCodes.Ldc_I4, slot);
        _il.Emit(OpCodes.Call, type.IsByRef ? Of(nameof(Lane.KeptReference)) : Of(nameof(Lane.Kept)).MakeGenericMethod(type));
        _il.Emit(store, (short)variable);
    }

    private static MethodInfo Of(string name) => typeof(Lane).GetMethod(name, BindingFlags.Static | BindingFlags.NonPublic)!;
}
