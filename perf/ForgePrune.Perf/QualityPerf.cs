using System.Globalization;
using System.Text.Json.Nodes;

namespace ForgePrune.Perf;

/// <summary>KL of pruned models against the best plans of an independent program, at equal kept parameters and from equal tokens. Every run
/// is the tool's own command; runs that are in the folder already are read, not repeated.</summary>
internal static class QualityPerf
{
    private static readonly (string Reference, string Folder)[] Models =
        [("stories15M", "stories15M-hf-f16"), ("minimind2-small", "minimind2-small-hf-f16")];

    /// <param name="shared">Holds models/ and reference/ (reference.json, tokens/).</param>
    /// <param name="runs">Where the run folders go.</param>
    /// <param name="removed">Percentages of the prunable parameters.</param>
    /// <param name="extra">Further options of prune, as <c>--quick</c>.</param>
    public static int Run(string shared, string runs, int[] removed, int[] seeds, string[] extra)
    {
        var reference = JsonNode.Parse(File.ReadAllText(Path.Combine(shared, "reference", "reference.json")))!["models"]!;
        Directory.CreateDirectory(runs);
        Console.WriteLine("model             removed  seed      KL  best of the reference  ratio  seconds");
        foreach (var (name, folder) in Models)
            foreach (var percent in removed)
            {
                var (method, best) = Best(reference[name]!["oneshot"]!.AsObject(), percent);
                foreach (var seed in seeds)
                {
                    var place = Path.Combine(runs, string.Join('-', [name, $"{percent}", $"{seed}", .. extra.Select(option => option.Trim('-'))]));
                    if (Prune(shared, name, folder, place, percent, seed, extra) is not { } summary)
                        return 3;
                    var kl = (double)summary["kl"]!;
                    var seconds = summary["seconds"]!.AsObject().Sum(stage => (double)stage.Value!);
                    Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                        $"{name,-17} {percent,5} %  {seed,4}  {kl,6:f4}  {best,6:f4} {method,-40}  {kl / best:f2}  {seconds:f0}"));
                }
            }
        return 0;
    }

    private static (string Method, double Kl) Best(JsonObject methods, int percent) => methods
        .Where(method => method.Value![$"{percent}"]?["kl"] is not null)
        .Select(method => (method.Key, (double)method.Value![$"{percent}"]!["kl"]!))
        .MinBy(result => result.Item2);

    private static JsonNode? Prune(string shared, string name, string folder, string place, int percent, int seed, string[] extra)
    {
        string Tokens(string use) => Path.Combine(shared, "reference", "tokens", $"{name}.{use}.bin");
        return Tool.Summary(place,
        [
            "prune", Path.Combine(shared, "models", folder), "--out", place, "--metric", "prunable",
            "--target", ((100 - percent) / 100.0).ToString(CultureInfo.InvariantCulture), "--calibration", Tokens("calib"), "--tokens", "32768",
            "--eval", Tokens("eval"), "--seed", $"{seed}", .. extra,
        ]);
    }
}
