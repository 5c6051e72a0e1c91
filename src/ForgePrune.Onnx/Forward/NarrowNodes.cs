using ForgePrune.Model;
using ForgePrune.Onnx.Graphs;

namespace ForgePrune.Onnx.Forward;

/// <summary>What block graphs in a type of two bytes are made of, by operators that ONNX Runtime's CUDA provider has: the ones of its exports.</summary>
/// <remarks>Norms and the residual stream are float32; weights, products, and what stands between them are of the type. Attention sums in float32 by
/// itself.</remarks>
internal static class NarrowNodes
{
    /// <summary>Operators as exports use them.</summary>
    public static OnnxGraph Graph(string name) => new(name, opset: 21, irVersion: 10);

    public static string Cast(this OnnxGraph graph, string x, OnnxType type) => graph.Node("Cast", "", [x], OnnxAttribute.Of("to", (long)type));

    /// <summary>Root-mean-square norm of float32 over the last dimension, by the weights of a graph input.</summary>
    public static string WideNorm(this OnnxGraph graph, string x, string weight, OnnxDim width, double eps) => graph.Node("SimplifiedLayerNormalization", "",
        [x, graph.Input(weight, OnnxType.Float, width)], OnnxAttribute.Of("axis", -1L), OnnxAttribute.Of("epsilon", (float)eps));

    /// <summary>What a block reads of the residual stream, in the type.</summary>
    public static string ReadNarrow(this OnnxGraph graph, ModelConfig config, string x, OnnxType type) =>
        graph.Cast(config.NormsBefore ? graph.WideNorm(x, "norm", config.HiddenSize, config.RmsNormEps) : x, type);

    /// <summary>x · Wᵀ (+ bias) with weight inputs of the type.</summary>
    public static string NarrowLinear(this OnnxGraph graph, string x, string role, OnnxDim outputs, OnnxDim inputs, bool bias, OnnxType type)
    {
        var weight = graph.Input(role, type, outputs, inputs);
        var product = graph.Node("FusedMatMul", OnnxGraph.Microsoft, [x, weight], OnnxAttribute.Of("transB", 1L));
        return bias ? graph.Node("Add", "", [product, graph.Input($"{role}_bias", type, outputs)]) : product;
    }

    /// <summary>s·head·x in float32, or c·tanh of that over c where the model bounds its logits by c.</summary>
    /// <remarks>Products of the type are rounded to it, and a large logit loses more by that than by all roundings of its terms. So what the rounding took is
    /// computed by a second product, which starts from the first with the sign turned and is small, so that its own rounding is too; both are added in float32.
    /// Two products in two bytes take less time on tensor cores than one in float32 beside them.</remarks>
    /// <param name="x">Rows × hidden, of the type.</param>
    /// <param name="head">Vocab × hidden, of the type.</param>
    /// <param name="result">The name of the logits, rows × vocab; null for a fresh one.</param>
    /// <returns>Their name.</returns>
    public static string NarrowLogits(this OnnxGraph graph, ModelConfig config, string x, string head, string? result = null)
    {
        var cap = config.LogitCap;
        var factor = OnnxAttribute.Of("alpha", (float)(config.LogitScale / (cap ?? 1)));
        var first = graph.Node("FusedMatMul", OnnxGraph.Microsoft, [x, head], OnnxAttribute.Of("transB", 1L), factor);
        var rest = graph.Node("Gemm", "", [x, head, first], OnnxAttribute.Of("transB", 1L), factor, OnnxAttribute.Of("beta", -1f));
        string[] both = [graph.Cast(first, OnnxType.Float), graph.Cast(rest, OnnxType.Float)];
        if (cap is not { } most)
            return Named("Add", both);
        return Named("Mul", [graph.Node("Tanh", "", [graph.Node("Add", "", both)]), graph.Initializer<float>($"{x}.cap", [(float)most])]);

        string Named(string operation, string[] inputs)
        {
            if (result is null)
                return graph.Node(operation, "", inputs);
            graph.Node(operation, "", inputs, [result]);
            return result;
        }
    }

    /// <summary>y = x + r·added in float32, or x + r·norm(added).</summary>
    /// <param name="added">In float32.</param>
    public static void AddWide(this OnnxGraph graph, ModelConfig config, string x, string added)
    {
        if (config.NormsBehind)
            added = graph.WideNorm(added, "post_norm", config.HiddenSize, config.RmsNormEps);
        graph.Node("Add", "", [x, graph.Scaled(added, config.ResidualScale)], ["y"]);
        graph.Output("y", OnnxType.Float, "windows", "tokens", config.HiddenSize);
    }

    /// <summary>For every row the number of values that are NaN, or of a magnitude beyond <paramref name="most"/>; windows × tokens × 1.</summary>
    /// <remarks>By magnitude, and not only by infinity: where ONNX Runtime computes the type in float32, as on the processor, values go on beyond its end.
    /// The sum is a product with ones, since reductions of the CUDA provider may want a library of their own (cuDNN).</remarks>
    /// <param name="x">Of any type; windows × tokens × width.</param>
    public static string Beyond(this OnnxGraph graph, string x, long width, double most)
    {
        var magnitudes = graph.Node("Abs", "", [graph.Cast(x, OnnxType.Float)]);
        var within = graph.Node("LessOrEqual", "", [magnitudes, Number("most", most)]);
        var outside = graph.Node("Where", "", [within, Number("none", 0), Number("one", 1)]);
        var ones = new float[width];
        Array.Fill(ones, 1f);
        return graph.Node("MatMul", "", [outside, graph.Initializer<float>($"{x}.ones", ones, width, 1)]);

        string Number(string name, double value) => graph.Initializer<float>($"{x}.{name}", [(float)value]);
    }

    /// <summary>The number of values beyond the type for every row, as the output "beyond".</summary>
    /// <param name="counts">Of the places that are looked at, windows × tokens × 1 each.</param>
    public static void OutputBeyond(this OnnxGraph graph, params string[] counts)
    {
        var sum = counts[0];
        foreach (var count in counts[1..])
            sum = graph.Node("Add", "", [sum, count]);
        graph.Node("Identity", "", [sum], ["beyond"]);
        graph.Output("beyond", OnnxType.Float, "windows", "tokens", 1);
    }
}
