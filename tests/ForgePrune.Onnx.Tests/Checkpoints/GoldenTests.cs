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
        var script = File.ReadAllText(Path.Combine(golden, "families.py"));
        var table = script[script.IndexOf("FAMILIES = {", StringComparison.Ordinal)..script.IndexOf("VISION = {", StringComparison.Ordinal)];
        string[] names = [.. Entry().Matches(table).Select(match => match.Groups[1].Value)];
        Assert.That(names, Has.Length.GreaterThanOrEqualTo(ModelFamilies.All.Count).And.Unique);
        using var folder = new TemporaryFolder();
        foreach (var name in names.Where(IsMade))
        {
            var path = Path.Combine(golden, name);
            using var result = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(path, "logits.json")));
            int[] ids = [.. result.RootElement.GetProperty("ids").EnumerateArray().Select(id => id.GetInt32())];
            double[] logits = [.. result.RootElement.GetProperty("logits").EnumerateArray().Select(logit => logit.GetDouble())];
            TestContext.Out.WriteLine($"{name}: {result.RootElement.GetProperty("made_by").GetRawText()}");
            using var model = DecoderModel.Open(path);
            Assert.That(Judged.Distance(Judged.Blocks(model, ids), logits), Is.LessThan(Judged.Tolerance), path);
            Assert.That(Judged.Distance(Judged.Exported(model, ids, folder[name]), logits), Is.LessThan(Judged.Tolerance), path);
        }

        if (names.Where(name => !IsMade(name)).ToArray() is [_, ..] missing)
        {
            Assert.Ignore($"{names.Length - missing.Length} families were compared, and there is nothing to compare {string.Join(", ", missing)} with: run "
                + $"`python {Path.Combine(golden, "families.py")}` with torch and transformers and commit what it writes");
        }

        bool IsMade(string name) => File.Exists(Path.Combine(golden, name, "logits.json"));
    }

    [GeneratedRegex("^    \"([\\w-]+)\": dict", RegexOptions.CultureInvariant | RegexOptions.Multiline)]
    private static partial Regex Entry();

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
