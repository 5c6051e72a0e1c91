using System.Text.RegularExpressions;
using ForgePrune.Cli.Rendering;
using ForgePrune.Methods.AdaptPruner;
using ForgePrune.Methods.DarwinLM;
using ForgePrune.Methods.Dress;
using ForgePrune.Methods.SelfPruner;
using ForgePrune.Methods.TrainLarge;
using ForgePrune.Pipeline;
using ForgePrune.Testing;
using ForgePrune.Training;

namespace ForgePrune.Cli.Tests;

/// <summary>Libraries name settings, the command line names options, and the two lists agree.</summary>
public sealed partial class OptionNamesTests
{
    private static readonly Type[] Settings =
    [
        typeof(PruneSettings), typeof(StudySettings), typeof(RecoveryOptions), typeof(SelfPrunerMethod), typeof(DarwinLmMethod), typeof(AdaptPrunerMethod),
            typeof(DressMethod),
    ];

    [TestCase("raise `Memory` or leave `Recovery` out", "raise --memory or leave --recover out")]
    [TestCase("go on with `Recovery.Rate` 0.1", "go on with --recover-rate 0.1")]
    [TestCase("a folder `called` this, a lone ` and `Target.Metric", "a folder `called` this, a lone ` and `Target.Metric")]
    public void Settings_become_options_and_everything_else_stays(string message, string shown) =>
        Assert.That(OptionNames.Spell(message), Is.EqualTo(shown));

    [Test]
    public void Every_name_is_a_property_of_a_settings_record() =>
        Assert.That(OptionNames.All.Keys.Where(path => !Settings.Any(type => Holds(type, path))), Is.Empty);

    [Test]
    public void Every_setting_in_a_message_of_a_library_has_an_option_and_no_message_names_an_option_itself()
    {
        string[] literals =
        [
            .. new[] { "ForgePrune", "ForgePrune.Methods", "ForgePrune.Onnx" }
                .SelectMany(project => Directory.GetFiles(Path.Combine(Shared.Root, "src", project), "*.cs", SearchOption.AllDirectories))
                // Guides are pages of the tool's help, and one file asks a program of NVIDIA.
                .Where(file => !Path.GetFileName(file).Contains("Guide") && Path.GetFileName(file) != "NvidiaSmi.cs")
                .SelectMany(File.ReadLines)
                .Where(line => !line.TrimStart().StartsWith("//", StringComparison.Ordinal) && line.Contains('"'))
        ];
        Assert.That(literals, Is.Not.Empty);
        Assert.That(literals.Where(line => Option().IsMatch(line)), Is.Empty);
        string[] named = [.. literals.SelectMany(line => Setting().Matches(line)).Select(match => match.Groups[1].Value).Distinct()];
        Assert.That(named, Is.EquivalentTo(OptionNames.All.Keys));
    }

    private static bool Holds(Type type, string path) => path.Split('.').Aggregate((Type?)type, (of, name) => of?.GetProperty(name)?.PropertyType) is not null;

    // The style sheet variable of the reports is no option.
    [GeneratedRegex("(?<![-\\w!<])--(?!share:)[a-z]")]
    private static partial Regex Option();

    [GeneratedRegex("`([A-Z][A-Za-z.]+)`")]
    private static partial Regex Setting();
}
