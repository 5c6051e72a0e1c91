using System.Reflection;
using System.Reflection.Emit;

namespace ForgePrune.Ilgpu;

/// <summary>
/// Writes a kernel and what it calls anew with every access through a reference replaced by a watched one, and every call of ILGPU preceded by where it
/// stands. The indexer of a view gives a reference, from which alone reading and writing cannot be told apart; the instruction that uses it can.
/// </summary>
/// <param name="leftOut">Number of the barrier to leave out, from 0 on, to see what comes of it; null leaves all in.</param>
internal sealed class KernelRewriter(int? leftOut = null)
{
    private static readonly Dictionary<OpCode, Type> Loads = new()
    {
        [OpCodes.Ldind_I1] = typeof(sbyte), [OpCodes.Ldind_U1] = typeof(byte), [OpCodes.Ldind_I2] = typeof(short), [OpCodes.Ldind_U2] = typeof(ushort), [OpCodes.Ldind_I4] = typeof(int),
        [OpCodes.Ldind_U4] = typeof(uint), [OpCodes.Ldind_I8] = typeof(long), [OpCodes.Ldind_R4] = typeof(float), [OpCodes.Ldind_R8] = typeof(double),
    };

    private static readonly Dictionary<OpCode, Type> Stores = new()
    {
        [OpCodes.Stind_I1] = typeof(sbyte), [OpCodes.Stind_I2] = typeof(short), [OpCodes.Stind_I4] = typeof(int), [OpCodes.Stind_I8] = typeof(long), [OpCodes.Stind_R4] = typeof(float),
        [OpCodes.Stind_R8] = typeof(double),
    };

    private readonly Dictionary<MethodBase, DynamicMethod> _written = [];

    /// <summary>A method that does the same under watch. It must keep the rules for kernels.</summary>
    public DynamicMethod Rewrite(MethodBase method)
    {
        if (_written.TryGetValue(method, out var done))
            return done;
        var result = new DynamicMethod(method.Name, method is MethodInfo { ReturnType: var type } ? type : typeof(void), Parameters(method), typeof(KernelRewriter).Module, skipVisibility: true)
        {
            InitLocals = true,
        };
        var il = result.GetILGenerator();
        foreach (var local in method.GetMethodBody()!.LocalVariables)
            il.DeclareLocal(local.LocalType);
        var instructions = MethodIl.Read(method);
        var barriers = Barriers.Begin(il, method, instructions, leftOut);
        var labels = instructions.ToDictionary(instruction => instruction.Offset, _ => il.DefineLabel());
        for (var i = 0; i < instructions.Count; i++)
        {
            il.MarkLabel(labels[instructions[i].Offset]);
            if (Barriers.IsBarrier(instructions[i]))
                barriers.Write(Sites.Number(method, instructions[i].Offset));
            else
                Write(il, method, instructions, i, labels);
        }
        return _written[method] = result;
    }

    private void Write(ILGenerator il, MethodBase method, IReadOnlyList<Instruction> instructions, int at, Dictionary<int, Label> labels)
    {
        var (offset, code, operand) = instructions[at];
        int Site() => Sites.Number(method, offset);
        if (Loads.TryGetValue(code, out var loaded))
            Watch(il, nameof(Watched.Load), loaded, Site());
        else if (Stores.TryGetValue(code, out var stored))
            Watch(il, nameof(Watched.Store), stored, Site());
        else if (code == OpCodes.Ldobj || code == OpCodes.Stobj || code == OpCodes.Initobj)
            Watch(il, code == OpCodes.Ldobj ? nameof(Watched.Load) : code == OpCodes.Stobj ? nameof(Watched.Store) : nameof(Watched.Clear), (Type)operand!, Site());
        else if (code == OpCodes.Ldfld && Origin.IsReference(method, instructions, at - 1))
        {
            il.Emit(OpCodes.Ldflda, (FieldInfo)operand!);
            Watch(il, nameof(Watched.Load), ((FieldInfo)operand!).FieldType, Site());
        }
        else if (code == OpCodes.Stfld)
            StoreField(il, (FieldInfo)operand!, Site());
        else if (operand is MethodBase callee)
            Call(il, code, callee, Site());
        else
            Copy(il, code, operand, labels);
    }

    private static void Watch(ILGenerator il, string how, Type type, int site)
    {
        il.Emit(OpCodes.Ldc_I4, site);
        il.Emit(OpCodes.Call, typeof(Watched).GetMethod(how)!.MakeGenericMethod(type));
    }

    /// <summary>The address of the field is told first, then the value is stored as before.</summary>
    private static void StoreField(ILGenerator il, FieldInfo field, int site)
    {
        var value = il.DeclareLocal(field.FieldType);
        il.Emit(OpCodes.Stloc, value);
        il.Emit(OpCodes.Dup);
        il.Emit(OpCodes.Ldflda, field);
        Watch(il, nameof(Watched.BeforeStore), field.FieldType, site);
        il.Emit(OpCodes.Ldloc, value);
        il.Emit(OpCodes.Stfld, field);
    }

    private void Call(ILGenerator il, OpCode code, MethodBase callee, int site)
    {
        if (!AllowedCalls.IsOwn(callee))
        {
            if (callee.Module == typeof(KernelRewriter).Module)
            {
                il.Emit(OpCodes.Ldc_I4, site);
                il.Emit(OpCodes.Call, typeof(Watched).GetMethod(nameof(Watched.Here))!);
            }
            Emit(il, code, callee);
        }
        else if (code == OpCodes.Newobj)
            Construct(il, (ConstructorInfo)callee);
        else
            il.Emit(OpCodes.Call, Rewrite(callee));
    }

    /// <summary>A constructor written anew is a method with a reference to the value; the value comes from here.</summary>
    private void Construct(ILGenerator il, ConstructorInfo constructor)
    {
        var made = il.DeclareLocal(constructor.DeclaringType!);
        var arguments = constructor.GetParameters().Select(parameter => il.DeclareLocal(parameter.ParameterType)).ToArray();
        foreach (var argument in arguments.Reverse())
            il.Emit(OpCodes.Stloc, argument);
        il.Emit(OpCodes.Ldloca, made);
        il.Emit(OpCodes.Initobj, constructor.DeclaringType!);
        il.Emit(OpCodes.Ldloca, made);
        foreach (var argument in arguments)
            il.Emit(OpCodes.Ldloc, argument);
        il.Emit(OpCodes.Call, Rewrite(constructor));
        il.Emit(OpCodes.Ldloc, made);
    }

    private static void Emit(ILGenerator il, OpCode code, MethodBase callee)
    {
        if (callee is ConstructorInfo constructor)
            il.Emit(code, constructor);
        else
            il.Emit(code, (MethodInfo)callee);
    }

    private static void Copy(ILGenerator il, OpCode code, object? operand, Dictionary<int, Label> labels)
    {
        switch (operand)
        {
            case null: il.Emit(code); break;
            case int[] targets: il.Emit(code, [.. targets.Select(target => labels[target])]); break;
            case int target when code.OperandType == OperandType.InlineBrTarget: il.Emit(code, labels[target]); break;
            case int variable when code.OperandType == OperandType.InlineVar: il.Emit(code, (short)variable); break;
            case int number when code.OperandType == OperandType.ShortInlineI: il.Emit(OpCodes.Ldc_I4, number); break;
            case int number: il.Emit(code, number); break;
            case long number: il.Emit(code, number); break;
            case float number: il.Emit(code, number); break;
            case double number: il.Emit(code, number); break;
            case Type type: il.Emit(code, type); break;
            case FieldInfo field: il.Emit(code, field); break;
            default: throw new NotSupportedException($"{code.Name} {operand}");
        }
    }

    private static Type[] Parameters(MethodBase method)
    {
        var declared = method.GetParameters().Select(parameter => parameter.ParameterType);
        return method.IsStatic ? [.. declared] : [method.DeclaringType!.MakeByRefType(), .. declared];
    }
}
