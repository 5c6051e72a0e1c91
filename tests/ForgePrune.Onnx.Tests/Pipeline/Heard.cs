using ForgePrune.Progress;

namespace ForgePrune.Onnx.Tests.Pipeline;

/// <summary>Hears all that a run says, and may stop it after some reports of one stage.</summary>
internal sealed class Heard(string? stage = null, int after = 0, CancellationTokenSource? stop = null) : IProgressReport
{
    /// <summary>By stage, how much of it was done at every report, from 0 to 1.</summary>
    public Dictionary<string, List<double>> Stages { get; } = [];

    public List<string> Notes { get; } = [];

    public void Report(string name, long done, long total, string message = "")
    {
        if (!Stages.TryGetValue(name, out var shares))
            Stages[name] = shares = [];
        shares.Add((double)done / total);
        if (name == stage && shares.Count == after)
            stop?.Cancel();
    }

    public void Note(string message) => Notes.Add(message);
}
