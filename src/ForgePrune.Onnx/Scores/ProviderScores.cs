using ForgePrune.Forward;
using ForgePrune.Model;
using ForgePrune.Onnx.Forward;
using ForgePrune.Onnx.Graphs;
using ForgePrune.Serving;

namespace ForgePrune.Onnx.Scores;

/// <summary>Judges rows of final streams on a provider. The heads of the last question stay there; streams go in, and of each row a few numbers come back, so
/// that logits are never on the host.</summary>
/// <param name="heads">Heads in two bytes, which others use too; null for float32, of which they are the only ones here.</param>
internal sealed class ProviderScores(ModelConfig config, ServingProvider provider, int threads, HeadTensors? heads = null) : IDisposable
{
    private readonly Dictionary<HeadScoreGraph, ScoreSession> sessions = [];
    private Bound? bound;

    public HeadScores Score(HeadQuestion question)
    {
        var hidden = config.HiddenSize;
        var all = question.Ends.Length / hidden;
        var rows = question.Truth is null ? all : question.TruthEnds.Length / hidden;
        if (all == 0)
            return new([], [], []);
        if (rows == 0 || all % rows != 0)
            throw new ArgumentException($"{all} rows are to be compared with {rows}", nameof(question));
        if (question.Next.Length > 0 && (question.Next.Length != all || all != rows))
            throw new ArgumentException($"{question.Next.Length} tokens follow {all / rows} times {rows} rows", nameof(question));
        var session = Of(question);
        using var inputs = new TensorSet();
        if (heads is not null)
            inputs.Add<long>(HeadScoreGraph.Shape, [all / rows, rows, question.Head.Weights.Rows], 3);
        inputs.Add(HeadScoreGraph.Ends, question.Ends, all / rows, rows, hidden);
        var next = Array.ConvertAll(question.Next, id => (long)id);
        if (next.Length > 0)
            inputs.Add(HeadScoreGraph.Next, next, all / rows, rows, 1);
        double[] losses = new double[next.Length], truthLosses = [], divergences = [];
        using var outputs = new TensorSet();
        if (next.Length > 0)
            outputs.Add(HeadScoreGraph.Losses, losses, all / rows, rows, 1);
        if (question.Truth is not null)
        {
            inputs.Add(HeadScoreGraph.TruthEnds, question.TruthEnds, rows, hidden);
            outputs.Add(HeadScoreGraph.Divergences, divergences = new double[all], all / rows, rows, 1);
            if (next.Length > 0)
            {
                inputs.Add(HeadScoreGraph.TruthNext, next, rows, 1);
                outputs.Add(HeadScoreGraph.TruthLosses, truthLosses = new double[rows], rows, 1);
            }
        }

        session.Run(inputs, outputs);
        // What a type of two bytes does not hold is infinite, and infinity less infinity no number.
        double[][] found = [losses, truthLosses, divergences];
        var beyond = heads is null ? 0 : Enumerable.Range(0, all).Count(row => found.Any(scores => row < scores.Length && double.IsNaN(scores[row])));
        if (beyond > 0)
            throw BlockErrors.Beyond(HeadTensors.Name, heads!.Place, beyond);
        return new(losses, truthLosses, divergences);
    }

    /// <summary>Closes the sessions, with the heads that they hold; the next question opens them again.</summary>
    public void Dispose()
    {
        bound = null;
        foreach (var session in sessions.Values)
            session.Dispose();
        sessions.Clear();
    }

    /// <summary>The session of a question, with its heads: those of the last one are not sent again.</summary>
    private ScoreSession Of(HeadQuestion question)
    {
        var graph = HeadScoreGraph.Of(question, heads?.Place.ElementType ?? OnnxType.Float);
        if (!sessions.TryGetValue(graph, out var session))
            sessions.Add(graph, session = ScoreSession.Open(graph.Build(config), provider, threads));
        var wanted = new Bound(session, question.Head.Norm, Weights(question.Head), question.Truth?.Norm, question.Truth is { } of ? Weights(of) : null);
        if (wanted == bound)
            return session;
        // Those of another question would take as much memory again.
        bound?.Session.Release();
        var held = new TensorSet();
        held.Add(HeadScoreGraph.Norm, question.Head.Norm, config.HiddenSize);
        if (question.Truth is { } truth)
            held.Add(HeadScoreGraph.TruthNorm, truth.Norm, config.HiddenSize);
        var ones = new double[question.Head.Weights.Rows];
        Array.Fill(ones, 1);
        held.Add(ScoreNodes.Ones, ones, ones.Length, 1);
        if (heads is null)
        {
            held.Add(HeadScoreGraph.Head, question.Head.Weights);
            if (question.Truth is not null && !graph.OneHead)
                held.Add(HeadScoreGraph.TruthHead, question.Truth.Weights);
        }

        session.Hold(held);
        if (wanted.Head is HeadTensor own)
            session.Lend(HeadScoreGraph.Head, own.Value);
        if (wanted.Truth is HeadTensor other && !graph.OneHead)
            session.Lend(HeadScoreGraph.TruthHead, other.Value);
        bound = wanted;
        return session;
    }

    /// <summary>What stands for a head: its tensor where others use it too, or else its values.</summary>
    private object Weights(OutputHead head) => heads is null ? head.Weights.Values : heads.Of(head.Weights);

    /// <summary>What a session holds. Equal where all of it is the same, by reference.</summary>
    private sealed record Bound(ScoreSession Session, float[] Norm, object Head, float[]? TruthNorm, object? Truth);
}
