using ForgePrune.Testing;

namespace ForgePrune.Cli.Tests.EndToEnd;

/// <summary>Results of an earlier call stay in a run folder and are not taken for those of this one.</summary>
[Parallelizable(ParallelScope.All)]
[Category("EndToEnd")]
public sealed class EarlierResultsTests
{
    [Test]
    public void A_run_says_once_what_is_of_an_earlier_call()
    {
        using var folder = new TemporaryFolder();
        SyntheticRun.Write(folder, layers: 1);
        string[] method = ["--method", "uniform-obs"], quantized = [.. method, "--quantize", "int4", "--quantize-method", "rtn"];
        var first = Tool.Run(folder, PruneRun.Words("run", quantized));
        Assert.That(first.ExitCode, Is.Zero, first.Error);
        Assert.That(first.ErrorLines, Has.None.Contains("earlier call"));
        var second = Tool.Run(folder, PruneRun.Words("run", method));
        Assert.That(second.ExitCode, Is.Zero, second.Error);
        // One sentence, which a narrow terminal may break.
        var said = string.Join(' ', second.Error.Split([' ', '\n'], StringSplitOptions.RemoveEmptyEntries));
        Assert.That(said, Does.Contain("run also holds results of an earlier call, which this one did not ask for: onnx-int4, quantized-int4;"));
        Assert.That(Directory.Exists(folder["run/onnx-int4"]), "nothing is taken away");
    }
}
