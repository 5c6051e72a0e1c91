using System.Text.Json;
using ForgePrune.Testing;

namespace ForgePrune.Cli.Tests.CommandLine;

[Parallelizable(ParallelScope.All)]
public sealed class ForcedKernelsTests
{
    [Test]
    [Category("Slow")]
    public void Doctor_says_which_kernels_run()
    {
        using var folder = new TemporaryFolder();
        foreach (var one in Kernels.Implementations.All.Where(one => one.IsSupported))
        {
            var tool = Forced(folder, one.Name, "doctor", "--json");
            using var json = JsonDocument.Parse(tool.Output);
            Assert.That(json.RootElement.GetProperty("kernels").GetString(), Is.EqualTo(one.Name), tool.Error);
        }
    }

    [Test]
    public void A_name_that_is_none_is_one_sentence_before_any_work()
    {
        using var folder = new TemporaryFolder();
        var tool = Forced(folder, "mmx", "inspect", "absent");
        Assert.That(tool.ExitCode, Is.EqualTo(2));
        Assert.That(tool.ErrorLines, Has.Length.EqualTo(1));
        Assert.That(tool.ErrorLines[0], Does.StartWith("forgeprune: FORGEPRUNE_FORCE is 'mmx'"));
        Assert.That(tool.Output, Is.Empty);
    }

    private static Tool Forced(TemporaryFolder folder, string name, params string[] words)
    {
        var start = Tool.StartInfo(folder, words);
        start.Environment["FORGEPRUNE_FORCE"] = name;
        return Tool.Run(start);
    }
}
