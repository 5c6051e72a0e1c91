using System.Reflection;

namespace ForgePrune.Kernels.Gpu.Tests.Rules;

/// <summary>What breaks a rule for kernels, and where.</summary>
/// <param name="Method">The kernel, or what it calls.</param>
/// <param name="What">One clause that names what is not allowed.</param>
/// <param name="Line">Where it stands.</param>
public sealed record Violation(MethodBase Method, string What, SourceLine Line)
{
    public override string ToString() => $"{Method.DeclaringType?.Name}.{Method.Name}, {Line}: {What}";
}
