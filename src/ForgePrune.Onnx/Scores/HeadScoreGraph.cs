using ForgePrune.Forward;
using ForgePrune.Model;
using ForgePrune.Onnx.Graphs;

namespace ForgePrune.Onnx.Scores;

/// <summary>What a question asks for, and whether both models have one head. Each combination in use has a graph of its own; numbers of models, rows and tokens
/// need none.</summary>
internal readonly record struct HeadScoreGraph(bool HasTruth, bool OneHead, bool HasNext)
{
    public const string Ends = "x", Norm = "norm", Head = "head", Next = "next", TruthEnds = "truth_x", TruthNorm = "truth_norm", TruthHead = "truth_head",
        TruthNext = "truth_next", Losses = "losses", TruthLosses = "truth_losses", Divergences = "divergences";

    public static HeadScoreGraph Of(HeadQuestion question) => new(
        question.Truth is not null, question.Truth is not null && ReferenceEquals(question.Truth.Weights.Values, question.Head.Weights.Values),
        question.Next.Length > 0);

    /// <summary>Final norm, head and scores of models × rows × hidden, with the weights as inputs. The operators are those of exported decoders, which a GPU
    /// has.</summary>
    public OnnxGraph Build(ModelConfig config)
    {
        var graph = new OnnxGraph("scores", opset: 21, irVersion: 10);
        var scores = new ScoreNodes(graph);
        long hidden = config.HiddenSize;
        var head = graph.Input(Head, OnnxType.Float, "vocab", hidden);
        var model = scores.Of(
            Logits(graph, config, graph.Input(Ends, OnnxType.Float, "models", "rows", hidden), graph.Input(Norm, OnnxType.Float, hidden), head));
        if (HasNext)
        {
            scores.Loss(model, graph.Input(Next, OnnxType.Int64, "models", "rows", 1), Losses);
            graph.Output(Losses, OnnxType.Double, "models", "rows", 1);
        }

        if (!HasTruth)
            return graph;
        var truth = scores.Of(Logits(graph, config, graph.Input(TruthEnds, OnnxType.Float, "rows", hidden), graph.Input(TruthNorm, OnnxType.Float, hidden),
            OneHead ? head : graph.Input(TruthHead, OnnxType.Float, "vocab", hidden)));
        scores.Divergence(truth, model, Divergences);
        graph.Output(Divergences, OnnxType.Double, "models", "rows", 1);
        if (HasNext)
        {
            scores.Loss(truth, graph.Input(TruthNext, OnnxType.Int64, "rows", 1), TruthLosses);
            graph.Output(TruthLosses, OnnxType.Double, "rows", 1);
        }

        return graph;
    }

    /// <summary>s · head · norm(x), or c·tanh of that over c where the model bounds its logits by c.</summary>
    private static string Logits(OnnxGraph graph, ModelConfig config, string x, string norm, string head)
    {
        var normed = graph.Node("SimplifiedLayerNormalization", "", [x, norm], OnnxAttribute.Of("axis", -1L),
            OnnxAttribute.Of("epsilon", (float)config.RmsNormEps));
        var product = graph.Node("FusedMatMul", OnnxGraph.Microsoft, [normed, head], OnnxAttribute.Of("transB", 1L),
            OnnxAttribute.Of("alpha", (float)(config.LogitScale / (config.LogitCap ?? 1))));
        return config.LogitCap is { } cap
            ? graph.Node("Mul", "", [graph.Node("Tanh", "", [product]), graph.Initializer<float>(x + ".cap", [(float)cap])]) : product;
    }
}
