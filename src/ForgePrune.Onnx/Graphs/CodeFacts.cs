namespace ForgePrune.Onnx.Graphs;

/// <summary>Weights of few bits in a graph, as its bytes tell: whoever wrote it, an attribute has the same bytes.</summary>
/// <param name="Operator">MatMulNBits or DequantizeLinear.</param>
/// <param name="Nodes">How many there are.</param>
/// <param name="Bits">Of a code.</param>
/// <param name="Blocks">Inputs that share a scale.</param>
/// <param name="AccuracyLevels">How exactly MatMulNBits multiplies (<see cref="AccuracyLevel"/>);
/// none where no node says, which is <see cref="AccuracyLevel.Exact"/>.</param>
internal sealed record CodeFacts(string Operator, int Nodes, IReadOnlyList<long> Bits, IReadOnlyList<long> Blocks, IReadOnlyList<long> AccuracyLevels)
{
    // Files of a gigabyte and more hold their weights as well: no one waits for that.
    private const long MostBytes = 1L << 30;

    private static readonly string[] Operators = ["MatMulNBits", "DequantizeLinear"];

    public static IReadOnlyList<CodeFacts> Of(string file)
    {
        if (new FileInfo(file).Length > MostBytes)
            return [];
        var graph = File.ReadAllBytes(file);
        return [.. Operators.Select(name => (Name: name, Nodes: Count(graph, Node(name)))).Where(found => found.Nodes > 0).Select(found => new CodeFacts(
            found.Name, found.Nodes, Values(graph, "bits", [2, 3, 4, 5, 6, 7, 8]), Values(graph, "block_size", [16, 32, 64, 128, 256, 512, 1024]),
            Values(graph, "accuracy_level", [0, 1, 2, 3, 4])))];
    }

    public override string ToString() => string.Join(", ", ((string?[])
    [
        $"{Nodes} {Operator}",
        Bits.Count > 0 ? $"{string.Join(" and ", Bits)} bits" : null, Blocks.Count > 0 ? $"blocks of {string.Join(" and ", Blocks)}" : null,
        Operator != Operators[0] ? null : $"accuracy level {(AccuracyLevels.Count > 0 ? string.Join(" and ", AccuracyLevels) : AccuracyLevel.Exact)}",
    ]).OfType<string>());

    private static long[] Values(byte[] graph, string name, long[] candidates) => [.. candidates.Where(value =>
    {
        var attribute = new ProtoWriter();
        OnnxAttribute.Of(name, value).Write(attribute);
        return graph.AsSpan().IndexOf(attribute.ToArray()) >= 0;
    })];

    /// <summary>NodeProto: op_type 4.</summary>
    private static byte[] Node(string name)
    {
        var node = new ProtoWriter();
        node.String(4, name);
        return node.ToArray();
    }

    private static int Count(byte[] graph, byte[] pattern)
    {
        var found = 0;
        for (var (at, next) = (0, 0); (next = graph.AsSpan(at).IndexOf(pattern)) >= 0; at += next + pattern.Length)
            found++;
        return found;
    }
}
