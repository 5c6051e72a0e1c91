using System.Text.RegularExpressions;

namespace ForgePrune.Kernels.Gpu.Tests.Ptx;

/// <summary>The PTX of a kernel as ILGPU writes it, one instruction a line, ready to run. What is not known here is refused by its name.</summary>
internal sealed partial class PtxProgram
{
    private PtxProgram(string text)
    {
        foreach (Match shared in Shared().Matches(text))
        {
            Registers.Define(shared.Groups["name"].Value, (ulong)SharedBytes);
            // Aligned for whatever the next one holds.
            SharedBytes += (int.Parse(shared.Groups["bytes"].Value) + 15) / 16 * 16;
        }
        Parameters = [.. Parameter().Matches(text).Select(match => match.Groups["name"].Value)];
        var lines = text[(text.IndexOf('{') + 1)..text.LastIndexOf('}')].Split('\n').Select(line => line.Trim())
            .Where(line => line.Length > 0 && line[0] is not ('.' or '/')).ToArray();
        var labels = new Dictionary<string, int>();
        var code = new List<string>();
        foreach (var line in lines)
            if (line.EndsWith(':'))
                labels.Add(line[..^1], code.Count);
            else
                code.Add(line.TrimEnd(';'));
        Code = [.. code.Select(line => PtxInstruction.Decode(line, Registers, labels))];
        (TidX, CtaidX) = (Registers["%tid.x"], Registers["%ctaid.x"]);
    }

    private PtxProgram(PtxProgram other, PtxInstruction[] code) =>
        (Registers, Parameters, SharedBytes, Code, TidX, CtaidX) = (other.Registers, other.Parameters, other.SharedBytes, code, other.TidX, other.CtaidX);

    public static PtxProgram Parse(string text) => new(text);

    public PtxRegisters Registers { get; } = new();

    public IReadOnlyList<string> Parameters { get; }

    public int SharedBytes { get; }

    public PtxInstruction[] Code { get; }

    /// <summary>Number of the register that holds a lane's place in its group.</summary>
    public int TidX { get; }

    /// <summary>Number of the register that holds the group's place.</summary>
    public int CtaidX { get; }

    /// <summary>How many barriers it has.</summary>
    public int Barriers => Code.Count(instruction => instruction.Flow == PtxFlow.Barrier);

    /// <summary>The same with one barrier left out.</summary>
    public PtxProgram WithoutBarrier(int barrier)
    {
        var at = Code.Index().Where(place => place.Item.Flow == PtxFlow.Barrier).ElementAt(barrier).Index;
        PtxInstruction[] code = [.. Code];
        code[at] = new(PtxFlow.Next, -1, true, _ => { }, 0, null, []);
        return new(this, code);
    }

    /// <summary>Runs groups one after the other.</summary>
    /// <param name="arguments">Its parameters in order, as bytes.</param>
    public void Launch(PtxMemory memory, int groups, int lanes, bool reversed, params byte[][] arguments)
    {
        var parameters = Parameters.Zip(arguments).ToDictionary(pair => pair.First, pair => pair.Second);
        for (var group = 0; group < groups; group++)
            new PtxGroup(this, parameters, memory, group, lanes).Run(reversed);
    }

    [GeneratedRegex(@"\.shared\s+\.align\s+\d+\s+\.b8\s+(?<name>\w+)\[(?<bytes>\d+)\]")]
    private static partial Regex Shared();

    [GeneratedRegex(@"^\s*\.param\s+(\.align\s+\d+\s+)?\.\w+\s+(?<name>\w+)", RegexOptions.Multiline)]
    private static partial Regex Parameter();
}
