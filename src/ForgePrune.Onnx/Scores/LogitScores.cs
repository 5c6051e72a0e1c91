using ForgePrune.Evaluation;
using ForgePrune.Onnx.Forward;
using ForgePrune.Onnx.Graphs;
using ForgePrune.Serving;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace ForgePrune.Onnx.Scores;

/// <summary>Judges a text by logits that lie where a decoder computed them: some rows at a time, of which a few numbers come back.</summary>
internal sealed class LogitScores : IDisposable
{
    private const string Logits = "logits", Truth = "truth", Next = "next", Losses = "losses", Divergences = "divergences";

    private readonly ScoreSession session;
    private readonly int vocab;

    /// <param name="truth">Element type of the logits that are compared with; null for none.</param>
    public LogitScores(ServingProvider provider, int threads, int vocab, TensorElementType own, TensorElementType? truth)
    {
        this.vocab = vocab;
        session = ScoreSession.Open(Graph(vocab, own, truth), provider, threads);
        var (ones, held) = (new double[vocab], new TensorSet());
        Array.Fill(ones, 1);
        held.Add(ScoreNodes.Ones, ones, vocab, 1);
        session.Hold(held);
    }

    /// <summary>The means over one sequence.</summary>
    /// <param name="ids">At least two.</param>
    /// <param name="logits">1 × ids × vocab.</param>
    /// <param name="truth">Those that are compared with; null for none.</param>
    public WindowScore Score(ReadOnlySpan<int> ids, OrtValue logits, OrtValue? truth)
    {
        var (count, block) = (ids.Length - 1, LogitRows.PerBlock(vocab));
        double likelihood = 0, divergence = 0;
        for (var start = 0; start < count; start += block)
        {
            var rows = Math.Min(block, count - start);
            var next = new long[rows];
            for (var i = 0; i < rows; i++)
                next[i] = ids[start + i + 1];
            var losses = new double[rows];
            var divergences = truth is null ? [] : new double[rows];
            using TensorSet inputs = new(), outputs = new();
            inputs.Add(Logits, Rows(logits, start, rows));
            inputs.Add(Next, next, rows, 1);
            outputs.Add(Losses, losses, rows, 1);
            if (truth is not null)
            {
                inputs.Add(Truth, Rows(truth, start, rows));
                outputs.Add(Divergences, divergences, rows, 1);
            }

            session.Run(inputs, outputs);
            likelihood += losses.Sum();
            divergence += divergences.Sum();
        }

        return new(likelihood / count, truth is null ? null : divergence / count);
    }

    public void Dispose() => session.Dispose();

    private static OnnxGraph Graph(int vocab, TensorElementType own, TensorElementType? truth)
    {
        var graph = new OnnxGraph("scores of logits", opset: 21, irVersion: 10);
        var scores = new ScoreNodes(graph);
        var model = scores.Of(Float(Logits, own));
        scores.Loss(model, graph.Input(Next, OnnxType.Int64, "rows", 1), Losses);
        graph.Output(Losses, OnnxType.Double, "rows", 1);
        if (truth is { } type)
        {
            scores.Divergence(scores.Of(Float(Truth, type)), model, Divergences);
            graph.Output(Divergences, OnnxType.Double, "rows", 1);
        }

        return graph;

        string Float(string name, TensorElementType type) => type == TensorElementType.Float ? graph.Input(name, OnnxType.Float, "rows", vocab)
            : graph.Node("Cast", "", [graph.Input(name, OnnxType.Float16, "rows", vocab)], OnnxAttribute.Of("to", (long)OnnxType.Float));
    }

    /// <summary>A view of some rows: nothing is copied, wherever they lie.</summary>
    private unsafe OrtValue Rows(OrtValue logits, int first, int count)
    {
        var type = logits.GetTensorTypeAndShape().ElementDataType;
        return type == TensorElementType.Float ? View(logits.GetTensorMutableDataAsSpan<float>()) : View(logits.GetTensorMutableDataAsSpan<Float16>());

        OrtValue View<T>(Span<T> values)
            where T : unmanaged
        {
            var rows = values.Slice(first * vocab, count * vocab);
            fixed (T* address = rows)
                return OrtValue.CreateTensorValueWithData(logits.GetTensorMemoryInfo(), type, [count, vocab], (nint)address, (long)sizeof(T) * rows.Length);
        }
    }
}
