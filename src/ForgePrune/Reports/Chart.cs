using System.Text.Json.Serialization;

namespace ForgePrune.Reports;

/// <summary>A chart of a report. Everything it shows stands in a table beside it as well.</summary>
/// <param name="Labels">One per place on the x axis.</param>
/// <param name="Summary">The content in one sentence, as the text alternative.</param>
internal sealed record Chart(
    string Title, ChartKind Kind, IReadOnlyList<string> Labels, string XTitle, string YTitle, IReadOnlyList<ChartSeries> Series, string Summary);

/// <param name="Values">One per label; null where there is none.</param>
/// <param name="Low">Lower ends of intervals; null for none.</param>
/// <param name="High">Upper ends.</param>
/// <param name="At">Places on the x axis, rising, one per value; of <see cref="ChartKind.Lines"/> and <see cref="ChartKind.Points"/>.</param>
/// <param name="Joined">Among points: those of this series are joined by a line.</param>
internal sealed record ChartSeries(
    string Name, IReadOnlyList<double?> Values, IReadOnlyList<double?>? Low = null, IReadOnlyList<double?>? High = null, IReadOnlyList<double>? At = null,
    bool Joined = false);

[JsonConverter(typeof(JsonStringEnumConverter<ChartKind>))]
internal enum ChartKind
{
    /// <summary>Bars from zero; a second series stands inside the first.</summary>
    Bars,

    /// <summary>A line through the values.</summary>
    Line,

    /// <summary>Points with their intervals, the series side by side.</summary>
    Intervals,

    /// <summary>Lines over numbers; every series has places of its own, and the labels are empty.</summary>
    Lines,

    /// <summary>The same as points.</summary>
    Points,
}

/// <summary>The JSON of charts inside of a page. The encoder escapes characters that could end a script element.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(Chart))]
internal sealed partial class ChartJson : JsonSerializerContext;
