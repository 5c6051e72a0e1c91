using ForgePrune.Onnx.Graphs;

namespace ForgePrune.Onnx.Scores;

/// <summary>Losses and divergences from logits, inside a graph: of a row, one number leaves it.</summary>
/// <remarks>Let l = z − s be the logits z less any number s of their row, E = Σ exp l and W = Σ exp l_p·(l_p − l_q). Then −ln q(next) = ln E_q − l_q(next) and
/// KL(p ‖ q) = W / E_p − ln E_p + ln E_q. LogSoftmax gives an l that no logits make overflow; that it rounds its own sum to float32 does not matter, since E
/// tells by how much. The three sums and what is made of them are float64. They are products with a column of ones: ONNX Runtime's reductions on CUDA may ask
/// for cuDNN, its products do not.</remarks>
internal sealed class ScoreNodes(OnnxGraph graph)
{
    /// <summary>The input of a column of ones in float64, vocab × 1.</summary>
    public const string Ones = "ones";

    private readonly string ones = graph.Input(Ones, OnnxType.Double, "vocab", 1);

    /// <summary>A distribution: l, and ln E.</summary>
    internal readonly record struct Distribution(string Shifted, string LogSum, string Exponentials, string Sum);

    /// <param name="logits">Any dimensions × vocab, float32.</param>
    public Distribution Of(string logits)
    {
        var shifted = graph.Node("LogSoftmax", "", [logits], OnnxAttribute.Of("axis", -1L));
        var exponentials = graph.Node("Exp", "", [shifted]);
        var sum = Sum(exponentials);
        return new(shifted, graph.Node("Log", "", [sum]), exponentials, sum);
    }

    /// <summary>−ln q(next), … × 1.</summary>
    /// <param name="next">Int64, of the dimensions of the logits, but 1 for the last.</param>
    public void Loss(Distribution of, string next, string result) => graph.Node("Sub", "",
        [of.LogSum, Wide(graph.Node("GatherElements", "", [of.Shifted, next], OnnxAttribute.Of("axis", -1L)))], [result]);

    /// <summary>KL(truth ‖ of), … × 1; the truth may lack dimensions that the other has before its own.</summary>
    public void Divergence(Distribution truth, Distribution of, string result)
    {
        var weighted = Sum(graph.Node("Mul", "", [truth.Exponentials, graph.Node("Sub", "", [truth.Shifted, of.Shifted])]));
        var mean = graph.Node("Sub", "", [graph.Node("Div", "", [weighted, truth.Sum]), truth.LogSum]);
        graph.Node("Add", "", [mean, of.LogSum], [result]);
    }

    private string Sum(string x) => graph.Node("MatMul", "", [Wide(x), ones]);

    private string Wide(string x) => graph.Node("Cast", "", [x], OnnxAttribute.Of("to", (long)OnnxType.Double));
}
