using System.Text.Json.Serialization;

namespace ForgePrune.Latency;

/// <summary>Seconds of the turns of one model, which was opened several times.</summary>
/// <param name="Openings">For every opening, seconds of its turns; at least one each.</param>
public sealed record ModelTurns(IReadOnlyList<IReadOnlyList<double>> Openings)
{
    /// <summary>The model's time: the mean over the openings of the median of their turns. What an opening has, each of its turns has, so
    /// openings are averaged; what else the machine does meets few turns.</summary>
    [JsonIgnore]
    public double Seconds => Openings.Average(turns => Samples.Median([.. turns]));

    /// <summary>Turns of all openings.</summary>
    [JsonIgnore]
    public int Count => Openings.Sum(turns => turns.Count);

    /// <summary>As many turns of one second each: a time over these is a time in seconds.</summary>
    public ModelTurns OfOneSecond() => new([.. Openings.Select(turns => (IReadOnlyList<double>)[.. turns.Select(_ => 1.0)])]);

    /// <summary>Turns of a model that was opened once.</summary>
    /// <param name="seconds">Per turn, at least one.</param>
    public static ModelTurns OfOneOpening(IReadOnlyList<double> seconds) => new([seconds]);
}
