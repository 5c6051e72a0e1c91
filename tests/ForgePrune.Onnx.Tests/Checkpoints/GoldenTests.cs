using System.Text.Json;
using System.Text.RegularExpressions;
using ForgePrune.Checkpoints;
using ForgePrune.Model;
using ForgePrune.Testing;

namespace ForgePrune.Onnx.Tests.Checkpoints;

/// <summary>Checkpoints and logits that tests/golden/families.py made with transformers.</summary>
public sealed partial class GoldenTests
{
    [Test]
    public void The_script_makes_every_family_that_is_read()
    {
        var made = ModelType().Matches(File.ReadAllText(Path.Combine(Golden(), "families.py"))).Select(match => match.Groups[1].Value).ToHashSet();
        Assert.That(made, Is.SupersetOf(ModelFamilies.All.Select(family => family.Name)));
        Assert.That(WrapperForm.All.Select(form => form.Name).Intersect(made), Is.EqualTo(new[] { "gemma3", "llava" }));
    }

    [Test]
    public void Logits_are_those_of_transformers()
    {
        var golden = Golden();
        string[] made = [.. Directory.GetDirectories(golden).Where(folder => File.Exists(Path.Combine(folder, "logits.json"))).Order()];
        if (made.Length == 0)
            Assert.Ignore($"nothing to compare with: run `python {Path.Combine(golden, "families.py")}` with torch and transformers and commit what it writes");
        using var folder = new TemporaryFolder();
        foreach (var path in made)
        {
            using var result = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(path, "logits.json")));
            int[] ids = [.. result.RootElement.GetProperty("ids").EnumerateArray().Select(id => id.GetInt32())];
            double[] logits = [.. result.RootElement.GetProperty("logits").EnumerateArray().Select(logit => logit.GetDouble())];
            TestContext.Out.WriteLine($"{Path.GetFileName(path)}: {(result.RootElement.TryGetProperty("made_by", out var by) ? by.GetRawText() : "unknown")}");
            using var model = DecoderModel.Open(path);
            Assert.That(Judged.Distance(Judged.Blocks(model, ids), logits), Is.LessThan(Judged.Tolerance), path);
            Assert.That(Judged.Distance(Judged.Exported(model, ids, folder[Path.GetFileName(path)]), logits), Is.LessThan(Judged.Tolerance), path);
        }
    }

    [GeneratedRegex("model_type=\"(\\w+)\"", RegexOptions.CultureInvariant)]
    private static partial Regex ModelType();

    private static string Golden()
    {
        var folder = TestContext.CurrentContext.TestDirectory;
        while (!File.Exists(Path.Combine(folder, "ForgePrune.sln")))
            folder = Path.GetDirectoryName(folder)!;
        return Path.Combine(folder, "tests", "golden");
    }
}
