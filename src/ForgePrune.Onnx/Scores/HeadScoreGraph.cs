using ForgePrune.Forward;
using ForgePrune.Model;
using ForgePrune.Onnx.Forward;
using ForgePrune.Onnx.Graphs;

namespace ForgePrune.Onnx.Scores;

/// <summary>What a question asks for, whether both models have one head, and the type of heads. Each combination in use has a graph of its own; numbers of
/// models, rows and tokens need none.</summary>
/// <param name="Type">Of heads and of the rows that they are multiplied with; logits and all that follows are float32 and float64.</param>
internal readonly record struct HeadScoreGraph(bool HasTruth, bool OneHead, bool HasNext, OnnxType Type = OnnxType.Float)
{
    public const string Ends = "x", Norm = "norm", Head = "head", Next = "next", TruthEnds = "truth_x", TruthNorm = "truth_norm", TruthHead = "truth_head",
        TruthNext = "truth_next", Shape = "shape", Losses = "losses", TruthLosses = "truth_losses", Divergences = "divergences";

    /// <summary>Whether heads have two bytes: then the lengths of logits are an input, <see cref="Shape"/>.</summary>
    public bool IsNarrow => Type != OnnxType.Float;

    public static HeadScoreGraph Of(HeadQuestion question, OnnxType type = OnnxType.Float) => new(
        question.Truth is not null, question.Truth is not null && question.Truth.Weights.Shares(question.Head.Weights), question.Next.Length > 0, type);

    /// <summary>Final norm, head and scores of models × rows × hidden, with the weights as inputs. The operators are those of exported decoders, which a GPU
    /// has.</summary>
    public OnnxGraph Build(ModelConfig config)
    {
        var graph = new OnnxGraph("scores", opset: 21, irVersion: 10);
        var scores = new ScoreNodes(graph);
        long hidden = config.HiddenSize;
        var head = graph.Input(Head, Type, "vocab", hidden);
        var z = Logits(graph, config, graph.Input(Ends, OnnxType.Float, "models", "rows", hidden), graph.Input(Norm, OnnxType.Float, hidden), head);
        var model = scores.Of(IsNarrow ? graph.Node("Reshape", "", [z, graph.Input(Shape, OnnxType.Int64, 3)]) : z);
        if (HasNext)
        {
            scores.Loss(model, graph.Input(Next, OnnxType.Int64, "models", "rows", 1), Losses);
            graph.Output(Losses, OnnxType.Double, "models", "rows", 1);
        }

        if (!HasTruth)
            return graph;
        var truth = scores.Of(Logits(graph, config, graph.Input(TruthEnds, OnnxType.Float, "rows", hidden), graph.Input(TruthNorm, OnnxType.Float, hidden),
            OneHead ? head : graph.Input(TruthHead, Type, "vocab", hidden)));
        scores.Divergence(truth, model, Divergences);
        graph.Output(Divergences, OnnxType.Double, "models", "rows", 1);
        if (HasNext)
        {
            scores.Loss(truth, graph.Input(TruthNext, OnnxType.Int64, "rows", 1), TruthLosses);
            graph.Output(TruthLosses, OnnxType.Double, "rows", 1);
        }

        return graph;
    }

    /// <summary>s · head · norm(x), or c·tanh of that over c where the model bounds its logits by c. Of two bytes: all rows × vocab.</summary>
    private string Logits(OnnxGraph graph, ModelConfig config, string x, string norm, string head)
    {
        var normed = graph.Node("SimplifiedLayerNormalization", "", [x, norm], OnnxAttribute.Of("axis", -1L),
            OnnxAttribute.Of("epsilon", (float)config.RmsNormEps));
        if (IsNarrow)
        {
            var flat = graph.Node("Reshape", "", [normed, graph.Initializer<long>(x + ".flat", [-1, config.HiddenSize], 2)]);
            return graph.NarrowLogits(config, graph.Cast(flat, Type), head);
        }

        var product = graph.Node("FusedMatMul", OnnxGraph.Microsoft, [normed, head], OnnxAttribute.Of("transB", 1L),
            OnnxAttribute.Of("alpha", (float)(config.LogitScale / (config.LogitCap ?? 1))));
        return config.LogitCap is { } cap
            ? graph.Node("Mul", "", [graph.Node("Tanh", "", [product]), graph.Initializer<float>(x + ".cap", [(float)cap])]) : product;
    }
}
