using System.Text.RegularExpressions;

namespace ForgePrune.Kernels.Gpu.Tests.Ptx;

/// <summary>How a lane goes on behind an instruction.</summary>
internal enum PtxFlow
{
    Next,
    Branch,
    Barrier,
    Multiply,
    End,
}

/// <summary>A decoded instruction.</summary>
/// <param name="Flow">Where a lane goes.</param>
/// <param name="Guard">Number of the predicate that lets it run; −1 for always.</param>
/// <param name="Wanted">The value of the predicate for which it runs.</param>
/// <param name="Do">What it does to a lane.</param>
/// <param name="Target">Where a branch leads.</param>
/// <param name="Core">The tensor core of a product.</param>
/// <param name="Operands">Numbers of a product's registers: D, A, B, C.</param>
internal sealed partial record PtxInstruction(PtxFlow Flow, int Guard, bool Wanted, Action<PtxLane>? Do, int Target, TensorCore? Core, int[] Operands)
{
    public static PtxInstruction Decode(string line, PtxRegisters registers, Dictionary<string, int> labels)
    {
        var (guard, wanted) = (-1, true);
        if (Predicate().Match(line) is { Success: true } predicate)
        {
            (guard, wanted) = (registers[predicate.Groups["name"].Value], predicate.Groups["not"].Length == 0);
            line = line[predicate.Length..];
        }
        var parts = line.Split([' ', '\t'], 2, StringSplitOptions.TrimEntries);
        var (code, rest) = (parts[0], parts.Length > 1 ? parts[1] : "");
        if (code is "bra" or "bra.uni")
            return new(PtxFlow.Branch, guard, wanted, null, labels[rest], null, []);
        if (code is "bar.sync" or "ret")
            return new(code == "ret" ? PtxFlow.End : PtxFlow.Barrier, guard, wanted, null, 0, null, []);
        if (code.StartsWith("mma.", StringComparison.Ordinal))
            return new(PtxFlow.Multiply, guard, wanted, null, 0, TensorCore.Find(code), Numbers(rest, registers));
        var action = code.StartsWith("ld.", StringComparison.Ordinal) || code.StartsWith("st.", StringComparison.Ordinal)
            ? PtxAccess.Decode(code.Split('.'), rest, registers)
            : PtxArithmetic.Decode(code.Split('.'), Numbers(rest, registers));
        return new(PtxFlow.Next, guard, wanted, action, 0, null, []);
    }

    internal static int[] Numbers(string operands, PtxRegisters registers) => [.. Operand().Matches(operands).Select(match => registers[match.Value])];

    [GeneratedRegex(@"^@(?<not>!?)(?<name>%\w+)\s+")]
    private static partial Regex Predicate();

    [GeneratedRegex(@"[^\s,{}]+")]
    private static partial Regex Operand();
}
