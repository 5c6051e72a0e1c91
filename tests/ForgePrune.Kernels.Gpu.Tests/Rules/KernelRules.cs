using System.Reflection;
using System.Reflection.Emit;
using ILGPU.Runtime.Cuda;

namespace ForgePrune.Kernels.Gpu.Tests.Rules;

/// <summary>Holds a kernel and everything it calls to what is known to work on devices.</summary>
public static class KernelRules
{
    /// <summary>All that breaks a rule, in the order of the calls; none for a kernel that may be used.</summary>
    public static IReadOnlyList<Violation> Check(MethodInfo kernel)
    {
        if (!kernel.IsStatic)
            return [new(kernel, "is not static: it is a lambda, or captures something", default)];
        var violations = new List<Violation>();
        Walk(kernel, [], [], violations);
        return violations;
    }

    private static void Walk(MethodBase method, HashSet<MethodBase> seen, List<MethodBase> callers, List<Violation> violations)
    {
        if (callers.Contains(method))
        {
            violations.Add(new(callers[^1], $"calls itself by way of {method.Name}", default));
            return;
        }
        if (!seen.Add(method))
            return;
        if (method.GetMethodBody() is not { } body)
        {
            violations.Add(new(method, "has no instructions of its own", default));
            return;
        }
        if (body.ExceptionHandlingClauses.Count > 0)
            violations.Add(new(method, "has a try block", SourceLine.Of(method, body.ExceptionHandlingClauses[0].TryOffset)));
        callers.Add(method);
        foreach (var local in body.LocalVariables)
            if (TypeFault(local.LocalType) is { } fault)
                violations.Add(new(method, $"has a local variable that {fault}", SourceLine.Of(method, 0)));
        var instructions = MethodIl.Read(method);
        foreach (var instruction in instructions)
        {
            if (Fault(instruction) is { } fault)
                violations.Add(new(method, fault, SourceLine.Of(method, instruction.Offset)));
            else if (instruction.Operand is MethodBase callee && AllowedCalls.IsOwn(callee))
                Walk(callee, seen, callers, violations);
        }
        // Paths can be followed through allowed instructions only.
        if (instructions.All(instruction => AllowedCodes.Contains(instruction.Code)) && body.ExceptionHandlingClauses.Count == 0)
            foreach (var (offset, fault) in Truths.TakenForNumbers(method, instructions))
                violations.Add(new(method, fault, SourceLine.Of(method, offset)));
        callers.RemoveAt(callers.Count - 1);
    }

    private static string? Fault(Instruction instruction)
    {
        if (!AllowedCodes.Contains(instruction.Code))
            // The constructor of an object or a virtual call says more by its name.
            return instruction.Operand is MethodBase named ? $"{AllowedCodes.Reason(instruction.Code)}: {Name(named)}" : AllowedCodes.Reason(instruction.Code);
        return instruction.Operand switch
        {
            ConstructorInfo constructor when !constructor.DeclaringType!.IsValueType => $"makes an object of {constructor.DeclaringType.Name}",
            MethodBase callee when callee.DeclaringType == typeof(CudaAsm) => "holds inline PTX, which only CUDA runs",
            MethodBase callee when !AllowedCalls.IsOwn(callee) && !AllowedCalls.Contains(callee) => $"calls {Name(callee)}",
            FieldInfo { IsStatic: true } field when !field.IsInitOnly || TypeFault(field.FieldType) is not null =>
                $"reads the static field {field.DeclaringType!.Name}.{field.Name}, which can change",
            FieldInfo field when TypeFault(field.FieldType) is { } fault => $"reads {field.Name}, which {fault}",
            _ => null,
        };
    }

    private static string? TypeFault(Type type) => type switch
    {
        { IsByRef: true } => TypeFault(type.GetElementType()!),
        { IsPointer: true } => "is a pointer",
        { IsArray: true } => "is an array",
        { IsValueType: false, IsGenericParameter: false } => $"is an object of {type.Name}",
        _ when type == typeof(Half) || type == typeof(decimal) || type == typeof(Int128) || type == typeof(UInt128) => $"is a {type.Name}",
        { IsByRefLike: true } => $"is a {type.Name}",
        { Namespace: "System.Numerics" or "System.Runtime.Intrinsics" } => $"is a {type.Name}",
        _ => null,
    };

    private static string Name(MethodBase method) => $"{method.DeclaringType!.Name}.{method.Name}";
}
