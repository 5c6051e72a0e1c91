using System.Reflection;
using System.Reflection.Emit;

namespace ForgePrune.Kernels.Gpu.Tests.Rules;

/// <summary>
/// Finds the instructions that take what a comparison gave for a number. ILGPU 1.5.3 keeps it as one bit until it is stored or passed as an integer, and of
/// the bit it makes other numbers than .NET: 1 becomes 4.9e-324 as a double, −1 becomes 0.
/// </summary>
internal sealed class Truths
{
    private readonly MethodBase method;
    private readonly IReadOnlyList<Instruction> instructions;
    private readonly Dictionary<int, int> places;
    private readonly Held[]?[] before;
    private readonly Stack<int> open = [];
    private readonly SortedDictionary<int, string> faults = [];

    private Truths(MethodBase method, IReadOnlyList<Instruction> instructions)
    {
        (this.method, this.instructions, before) = (method, instructions, new Held[]?[instructions.Count]);
        places = Enumerable.Range(0, instructions.Count).ToDictionary(at => instructions[at].Offset);
    }

    /// <summary>What is wrong, by the offset of the instruction. Every path is followed, so that all instructions must be allowed ones.</summary>
    public static IReadOnlyDictionary<int, string> TakenForNumbers(MethodBase method, IReadOnlyList<Instruction> instructions)
    {
        var truths = new Truths(method, instructions);
        truths.Reach(0, []);
        while (truths.open.TryPop(out var at))
            truths.Follow(at);
        return truths.faults;
    }

    private void Follow(int at)
    {
        var instruction = instructions[at];
        // The last element is the top.
        List<Held> stack = [.. before[at]!];
        Held[] taken = [.. stack[^StackEffect.Taken(instruction, stack.Count)..]];
        stack.RemoveRange(stack.Count - taken.Length, taken.Length);
        if (!IsNormalization(at) && Fault(instruction.Code.Name!, taken) is { } fault)
            faults[instruction.Offset] = fault;
        stack.AddRange(StackEffect.Given(method, instruction, taken));
        Held[] after = [.. stack];
        foreach (var target in instruction.Targets)
            Reach(places[target], after);
        if (instruction.Code.FlowControl is not (FlowControl.Branch or FlowControl.Return))
            Reach(at + 1, after);
    }

    private void Reach(int at, Held[] stack)
    {
        if (before[at] is { } known)
        {
            stack = [.. known.Zip(stack, (one, other) => Meet(at, one, other))];
            if (stack.AsSpan().SequenceEqual(known))
                return;
        }
        before[at] = stack;
        open.Push(at);
    }

    private Held Meet(int at, Held one, Held other)
    {
        if (one is Held.Number && other is Held.Truth || one is Held.Truth && other is Held.Number)
            faults[instructions[at].Offset] =
                "chooses between a comparison and a number, of which ILGPU makes a truth value; keep the comparison in a variable of type int";
        // A truth stays one, so that this ends.
        return one == other ? one : one is Held.Truth || other is Held.Truth ? Held.Truth : Held.Number;
    }

    // C# makes 1 of any truth value other than 0 by asking whether it is greater; ILGPU leaves it as it is.
    private bool IsNormalization(int at) => at > 0 && instructions[at].Code == OpCodes.Cgt_Un && instructions[at - 1].Code == OpCodes.Ldc_I4_0;

    private static string? Fault(string code, Held[] taken) => code switch
    {
        "conv.r4" or "conv.r8" when taken[0] is Held.Truth =>
            "converts a comparison to floating point, of which ILGPU makes the bits of an integer; choose between 1.0 and 0.0",
        "neg" or "not" when taken[0] is Held.Truth => "calculates with a comparison, which ILGPU only negates; keep it in a variable of type int",
        _ when IsComparison(code) && taken.Contains(Held.Truth) && !(IsEquality(code) && taken.All(held => held is Held.Truth or Held.Bit)) =>
            "compares a comparison with a number, of which ILGPU makes a truth value; keep it in a variable of type int",
        _ => null,
    };

    private static bool IsComparison(string code) =>
        code[0] is 'c' or 'b' && code[1..] is "eq" or "gt" or "lt" or "ge" or "le" or "gt.un" or "lt.un" or "ge.un" or "le.un" or "ne.un";

    private static bool IsEquality(string code) => code is "ceq" or "beq" or "bne.un";
}
