using System.Text.RegularExpressions;

namespace ForgePrune.Kernels.Gpu.Tests.Ptx;

/// <summary>How many registers a kernel's PTX keeps alive at once: the least that an allocator needs that leaves the order of instructions as it is.
/// Backward data flow over single instructions (Aho, Lam, Sethi, Ullman, Compilers, 9.2.5), to its fixed point.</summary>
internal sealed partial class PtxLiveness
{
    private readonly List<Step> _steps = [];
    private readonly Dictionary<string, int> _labels = [];

    private PtxLiveness(string text)
    {
        var widths = Declared(text);
        foreach (var line in text[(text.IndexOf('{') + 1)..text.LastIndexOf('}')].Split('\n').Select(line => line.Trim()).Where(line => line.Length > 0 && line[0] is not ('.' or '/')))
            if (line.EndsWith(':'))
                _labels.Add(line[..^1], _steps.Count);
            else
                _steps.Add(Step.Read(line.TrimEnd(';'), widths.ContainsKey));
        var live = Fixpoint();
        Registers = live.Max(names => names.Sum(name => widths[name]));
        Predicates = live.Max(names => names.Count(name => widths[name] == 0));
    }

    public static PtxLiveness Of(string text) => new(text);

    /// <summary>Registers of 32 bits; what has 64 bits takes two.</summary>
    public int Registers { get; }

    /// <summary>Predicates, which have a file of their own.</summary>
    public int Predicates { get; }

    /// <summary>Every register with the words it takes: 0 for a predicate.</summary>
    private static Dictionary<string, int> Declared(string text)
    {
        var widths = new Dictionary<string, int>();
        foreach (Match line in Declaration().Matches(text))
            for (var i = 0; i < int.Parse(line.Groups["count"].Value); i++)
                widths.Add(line.Groups["name"].Value + i, line.Groups["type"].Value switch { "pred" => 0, [.., '6', '4'] => 2, _ => 1 });
        return widths;
    }

    // What is alive before each instruction.
    private HashSet<string>[] Fixpoint()
    {
        var live = _steps.Select(_ => new HashSet<string>()).Append([]).ToArray();
        for (var changed = true; changed;)
        {
            changed = false;
            for (var i = _steps.Count - 1; i >= 0; i--)
            {
                var step = _steps[i];
                var before = new HashSet<string>();
                if (step.FallsThrough)
                    before.UnionWith(live[i + 1]);
                if (step.Target is { } target)
                    before.UnionWith(live[_labels[target]]);
                // A guarded instruction may leave the old value in place.
                if (!step.Guarded)
                    before.ExceptWith(step.Writes);
                before.UnionWith(step.Reads);
                changed |= before.Count != live[i].Count;
                live[i] = before;
            }
        }
        return live;
    }

    /// <param name="FallsThrough">Whether the next instruction may follow.</param>
    private sealed record Step(string[] Writes, string[] Reads, bool Guarded, bool FallsThrough, string? Target)
    {
        public static Step Read(string line, Func<string, bool> register)
        {
            var guard = Guard().Match(line);
            string[] guards = guard.Success ? [guard.Groups["name"].Value] : [];
            var parts = line[guard.Length..].Split([' ', '\t'], 2, StringSplitOptions.TrimEntries);
            var (code, operands) = (parts[0], parts.Length > 1 ? parts[1] : "");
            if (code is "bra" or "bra.uni")
                return new([], guards, guard.Success, guard.Success, operands);
            if (code == "ret")
                return new([], guards, guard.Success, guard.Success, null);
            // A store and a barrier write no register; everything else writes its first operand, which may be several in braces.
            var written = code.StartsWith("st.", StringComparison.Ordinal) || code.StartsWith("bar.", StringComparison.Ordinal) ? "" : First().Match(operands).Value;
            return new(Names(written), [.. Names(operands[written.Length..]), .. guards], guard.Success, true, null);

            string[] Names(string text) => [.. Word().Matches(text).Select(match => match.Value).Where(register)];
        }
    }

    [GeneratedRegex(@"\.reg\s+\.(?<type>\w+)\s+(?<name>%?\w+)<(?<count>\d+)>;")]
    private static partial Regex Declaration();

    [GeneratedRegex(@"^@!?(?<name>%\w+)\s+")]
    private static partial Regex Guard();

    [GeneratedRegex(@"^(\{[^}]*\}|[^,]+)")]
    private static partial Regex First();

    [GeneratedRegex(@"%?\w+")]
    private static partial Regex Word();
}
