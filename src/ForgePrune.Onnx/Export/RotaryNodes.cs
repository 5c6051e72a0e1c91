using ForgePrune.Forward;
using ForgePrune.Model;
using ForgePrune.Onnx.Graphs;

namespace ForgePrune.Onnx.Export;

/// <summary>Where attention nodes find the cosines and sines of positions. Up to <see cref="MostStored"/> positions they are stored. Beyond, a table would
/// be megabytes that hardly anybody reads, so each run computes the rows of its new tokens from the frequencies: any length works, and files stay
/// small.</summary>
internal sealed class RotaryNodes
{
    /// <summary>What GenAI is asked to make room for unless its caller asks for more.</summary>
    public const int MostStored = 4096;

    private readonly OnnxGraph graph;
    private readonly string cosines, sines;
    private readonly string? positions;
    private readonly long turned;

    private RotaryNodes(OnnxGraph graph, ModelConfig config, string cosines, string sines, string? positions)
    {
        (this.graph, this.cosines, this.sines, this.positions) = (graph, cosines, sines, positions);
        // Zero is the operator's name for whole heads.
        turned = config.RotaryWidth == config.HeadDim ? 0 : config.RotaryWidth;
    }

    /// <summary>GroupQueryAttention on CPU rotates widths only in multiples of 16; others are rotated apart, before it.</summary>
    public static bool Apart(ModelConfig config) => config.HeadDim % 16 != 0 || config.RotaryWidth % 16 != 0;

    /// <summary>What GroupQueryAttention takes to rotate; nothing where heads are rotated apart.</summary>
    public string[] Tables => positions is null ? [cosines, sines] : [];

    /// <param name="counts">Tokens of each row, past ones included (batch).</param>
    /// <param name="total">The most of them, a scalar.</param>
    /// <param name="prefix">Before the names of its constants: a model may have two tables.</param>
    /// <param name="all">Stores the rows of all positions, however many there are.</param>
    public static RotaryNodes Build(
        OnnxGraph graph, ConstantStore constants, ModelConfig config, string ids, string counts, string total, string prefix, bool all = false)
    {
        var (stored, apart) = (all || config.MaxPositions <= MostStored, Apart(config));
        if (stored && !apart)
            return Stored(graph, constants, config, null, prefix);
        // As GroupQueryAttention counts: the new tokens are a row's last ones.
        var sequence = graph.Node("Gather", "", [graph.Node("Shape", "", [ids]), graph.Initializer<long>(prefix + "axis.sequence", [1L])]);
        string zero = graph.Initializer<long>(prefix + "zero", [0L]), step = graph.Initializer<long>(prefix + "step", [1L]);
        var firsts = graph.Node("Max", "", [graph.Node("Sub", "", [counts, sequence]), zero]);
        var steps = apart ? graph.Node("Range", "", [zero, sequence, step]) : "";
        var positions = apart ? graph.Node("Add", "", [graph.Node("Unsqueeze", "", [firsts, constants.Shape(1)]), steps]) : null;
        if (stored)
            return Stored(graph, constants, config, positions, prefix);
        var start = graph.Node("ReduceMin", "", [firsts], OnnxAttribute.Of("keepdims", 0L));
        var (cosines, sines) = Computed(graph, constants, config, graph.Node("Range", "", [start, total, step]), prefix);
        if (positions is not null)
            return new(graph, config, Narrow(cosines), Narrow(sines), graph.Node("Sub", "", [positions, start]));
        // GroupQueryAttention wants a row for every position of the cache, though it reads none before the new tokens'.
        var pads = graph.Node("Concat", "", [graph.Node("Unsqueeze", "", [start, constants.Shape(0)]), constants.Shape(0, 0, 0)], OnnxAttribute.Of("axis", 0L));
        return new(graph, config, Narrow(graph.Node("Pad", "", [cosines, pads])), Narrow(graph.Node("Pad", "", [sines, pads])), null);

        string Narrow(string x) => constants.Type == OnnxType.Float ? x : graph.Node("Cast", "", [x], OnnxAttribute.Of("to", (long)constants.Type));
    }

    public string Rotate(string x, int heads) => graph.Node("RotaryEmbedding", OnnxGraph.Microsoft, [x, positions!, cosines, sines],
        OnnxAttribute.Of("num_heads", (long)heads), OnnxAttribute.Of("rotary_embedding_dim", turned));

    private static RotaryNodes Stored(OnnxGraph graph, ConstantStore constants, ModelConfig config, string? positions, string prefix)
    {
        var (cosines, sines) = RotaryTable.Exact(config, config.MaxPositions);
        return new(graph, config, constants.Table(prefix + "rotary.cos", cosines, config.MaxPositions, config.RotaryWidth / 2),
            constants.Table(prefix + "rotary.sin", sines, config.MaxPositions, config.RotaryWidth / 2), positions);
    }

    /// <summary>In float64, as a stored table is made: a float32 angle of position 100,000 is off by a hundredth. cos x is sin(x + π/2), since ONNX Runtime
    /// has no cosine of float64.</summary>
    private static (string Cosines, string Sines) Computed(OnnxGraph graph, ConstantStore constants, ModelConfig config, string rows, string prefix)
    {
        var frequencies = RotaryTable.Frequencies(config);
        var width = frequencies.Length;
        double[] phases = [.. Enumerable.Repeat(Math.PI / 2, width), .. new double[width]];
        var column = graph.Node("Cast", "", [graph.Node("Unsqueeze", "", [rows, constants.Shape(1)])], OnnxAttribute.Of("to", (long)OnnxType.Double));
        var angles = graph.Node("Mul", "", [column, graph.Initializer<double>(prefix + "rotary.frequencies", [.. frequencies, .. frequencies], 2 * width)]);
        var waves = graph.Node("Sin", "", [graph.Node("Add", "", [angles, graph.Initializer<double>(prefix + "rotary.phases", phases, 2 * width)])]);
        if (config.RopeScaling?.Attention is { } factor and not 1)
            waves = graph.Node("Mul", "", [waves, graph.Initializer<double>(prefix + "rotary.factor", [factor])]);
        graph.Node("Split", "", [graph.Node("Cast", "", [waves], OnnxAttribute.Of("to", (long)OnnxType.Float))], [prefix + "rotary.cos", prefix + "rotary.sin"],
            OnnxAttribute.Of("axis", 1L), OnnxAttribute.Of("num_outputs", 2L));
        return (prefix + "rotary.cos", prefix + "rotary.sin");
    }
}
