using ForgePrune.Forward;
using ForgePrune.Model;
using ForgePrune.Onnx.Forward;
using ForgePrune.Serving;

namespace ForgePrune.Onnx.Scores;

/// <summary>Judges rows of final streams on a provider. The heads of the last question stay there; streams go in, and of each row a few numbers come back, so
/// that logits are never on the host.</summary>
internal sealed class ProviderScores(ModelConfig config, ServingProvider provider, int threads) : IDisposable
{
    private readonly Dictionary<HeadScoreGraph, ScoreSession> sessions = [];
    private (OutputHead Head, OutputHead? Truth, ScoreSession Session)? bound;

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
        var session = Bound(question);
        using var inputs = new TensorSet();
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
    private ScoreSession Bound(HeadQuestion question)
    {
        var graph = HeadScoreGraph.Of(question);
        if (!sessions.TryGetValue(graph, out var session))
            sessions.Add(graph, session = ScoreSession.Open(graph.Build(config), provider, threads));
        if (bound is { } last && last.Session == session && Same(last.Head, question.Head) && Same(last.Truth, question.Truth))
            return session;
        // Those of another question would take as much memory again.
        bound?.Session.Release();
        var heads = new TensorSet();
        heads.Add(HeadScoreGraph.Norm, question.Head.Norm, config.HiddenSize);
        heads.Add(HeadScoreGraph.Head, question.Head.Weights);
        if (question.Truth is { } truth)
        {
            heads.Add(HeadScoreGraph.TruthNorm, truth.Norm, config.HiddenSize);
            if (!graph.OneHead)
                heads.Add(HeadScoreGraph.TruthHead, truth.Weights);
        }

        var ones = new double[question.Head.Weights.Rows];
        Array.Fill(ones, 1);
        heads.Add(ScoreNodes.Ones, ones, ones.Length, 1);
        session.Hold(heads);
        bound = (question.Head, question.Truth, session);
        return session;
    }

    private static bool Same(OutputHead? a, OutputHead? b) =>
        ReferenceEquals(a?.Norm, b?.Norm) && ReferenceEquals(a?.Weights.Values, b?.Weights.Values);
}
