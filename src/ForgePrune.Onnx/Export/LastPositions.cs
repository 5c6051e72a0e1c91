using ForgePrune.Onnx.Graphs;

namespace ForgePrune.Onnx.Export;

/// <summary>Picks from every row of a batch the last position that is no padding: the only one that generation needs logits of.</summary>
/// <remarks>Rows of unequal lengths are filled up, behind their end by ONNX Runtime GenAI, before their beginning by others, and the mask says where. Let l be
/// the last column of a row's mask that is set, and L the greatest l of all rows: as the newest column of the longest row it is the last of the S tokens read.
/// So the row's last token is S − 1 − (L − l), or 0 where an earlier call ended the row. A mask longer than the sequence, as a captured CUDA graph has,
/// makes no difference.</remarks>
internal static class LastPositions
{
    /// <summary>The last position of rows that are equally long.</summary>
    /// <inheritdoc cref="Gather"/>
    public static string Column(OnnxGraph graph, ConstantStore constants, string x) =>
        graph.Node("Gather", "", [x, constants.Shape(-1)], OnnxAttribute.Of("axis", 1L));

    /// <param name="x">Batch × sequence × width.</param>
    /// <param name="width">Of the last dimension.</param>
    /// <returns>Batch × 1 × width.</returns>
    public static string Gather(OnnxGraph graph, ConstantStore constants, string x, int width, string ids, string mask)
    {
        string zero = graph.Initializer<long>("last.zero", [0L]), one = graph.Initializer<long>("last.one", [1L]);
        string Size(string of, string axis) => graph.Node("Gather", "", [graph.Node("Shape", "", [of]), axis]);
        string batch = Size(ids, zero), sequence = Size(ids, one);
        var columns = graph.Node("Range", "", [zero, Size(mask, one), one]);
        var last = graph.Node("ReduceMax", "", [graph.Node("Mul", "", [mask, columns]), constants.Shape(1)], OnnxAttribute.Of("keepdims", 1L));
        var lag = graph.Node("Sub", "", [last, graph.Node("ReduceMax", "", [last], OnnxAttribute.Of("keepdims", 0L))]);
        var within = graph.Node("Max", "", [graph.Node("Add", "", [lag, graph.Node("Sub", "", [sequence, one])]), zero]);
        var firsts = graph.Node("Mul", "", [graph.Node("Unsqueeze", "", [graph.Node("Range", "", [zero, batch, one]), constants.Shape(1)]), sequence]);
        // Rows of a matrix: Gather knows every element type on every device, GatherND does not.
        return graph.Node("Gather", "", [graph.Node("Reshape", "", [x, constants.Shape(-1, width)]), graph.Node("Add", "", [within, firsts])]);
    }
}
