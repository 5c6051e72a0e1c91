using System.Globalization;
using System.Text.Json.Nodes;

namespace ForgePrune.Perf.Findings;

/// <summary>Tests what the authors of the methods claim, on a small model: mean KL and perplexity on evaluation text over seeds, with their spread.
/// Every run is the tool's own command; runs that are in the folder already are read, not repeated.</summary>
internal static class FindingsPerf
{
    /// <param name="text">What ways that recover train on.</param>
    /// <param name="claims">Names of <see cref="Claim.All"/>; empty for all.</param>
    /// <param name="common">Further options of prune for every run: --target, --calibration, --eval ...</param>
    public static int Run(string model, string runs, string text, int tokens, int[] seeds, string[] claims, string[] common)
    {
        Directory.CreateDirectory(runs);
        foreach (var claim in Claim.All(tokens).Where(claim => claims.Length == 0 || claims.Contains(claim.Name)))
        {
            Console.WriteLine($"\n**{claim.Says}**\n\n| | KL, mean ± deviation | KL, seed by seed | perplexity | seconds | parameters kept |\n|---|---|---|---|---|---|");
            foreach (var way in claim.Ways)
            {
                var results = new List<JsonNode>();
                foreach (var seed in seeds)
                {
                    var place = Path.Combine(runs, $"{claim.Name}-{way.Name.Replace(' ', '-')}-{seed}");
                    string[] words = ["prune", model, "--out", place, "--seed", $"{seed}", .. common, .. way.Options, .. Training(way, text)];
                    if (Tool.Summary(place, words) is not { } summary)
                        return 3;
                    results.Add(summary);
                }

                Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                    $"| {way.Name} | {Spread(results)} | {string.Join(", ", results.Select(one => Kl(one).ToString("F4", CultureInfo.InvariantCulture)))} | {results.Average(one => (double)one["perplexity"]!["pruned"]!):F3} | {results.Average(Seconds):F0} | {results.Average(Kept):P1} |"));
            }
        }

        return 0;
    }

    private static string[] Training(Way way, string text) => way.Options.Contains("--recover") ? ["--recover-text", text] : [];

    private static string Spread(List<JsonNode> results)
    {
        var values = results.ConvertAll(Kl);
        var mean = values.Average();
        var deviation = values.Count < 2 ? double.NaN : Math.Sqrt(values.Sum(value => (value - mean) * (value - mean)) / (values.Count - 1));
        return string.Create(CultureInfo.InvariantCulture, $"{mean:F4} ± {deviation:F4}");
    }

    private static double Kl(JsonNode summary) => (double)summary["kl"]!;

    private static double Seconds(JsonNode summary) => summary["seconds"]!.AsObject().Sum(stage => (double)stage.Value!);

    private static double Kept(JsonNode summary) => (double)summary["parameters"]!["after"]! / (double)summary["parameters"]!["before"]!;
}
