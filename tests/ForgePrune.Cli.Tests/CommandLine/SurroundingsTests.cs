using System.Diagnostics;
using System.Text.Json;
using ForgePrune.Testing;

namespace ForgePrune.Cli.Tests.CommandLine;

/// <summary>The real program among pipes, closed streams and missing folders, and asked for more positions than a model has.</summary>
[Parallelizable(ParallelScope.All)]
[Platform("Linux")]
public sealed class SurroundingsTests
{
    private const string Text = "a b c ab ca b ", Window = "--window 16 --threads 1";

    private TemporaryFolder folder = null!;

    [OneTimeSetUp]
    public void Make()
    {
        folder = new();
        using (var model = SyntheticModels.Random(SyntheticModels.Config(layers: 1, vocab: 18) with { TiedEmbeddings = false }, 5))
            SyntheticCheckpoint.Write(model, folder["model"]);
        File.WriteAllText(folder["model/tokenizer.json"], TaskTests.Tokenizer);
        var lines = string.Concat(Enumerable.Repeat($"{{\"text\":\"{Text}\"}}\n", 40));
        File.WriteAllText(folder["plain.txt"], string.Concat(Enumerable.Repeat(Text, 40)));
        foreach (var name in new[] { "lines.jsonl", "lines.ndjson", "lines.json" })
            File.WriteAllText(folder[name], lines);
        Assert.That(Shell("$F export model --out onnx").ExitCode, Is.Zero);
    }

    [OneTimeTearDown]
    public void Remove() => folder.Dispose();

    [TestCase("plain.txt", "$F eval model --json --text <(cat plain.txt)")]
    [TestCase("plain.txt", "cat plain.txt | $F eval model --json --text /dev/stdin")]
    [TestCase("plain.txt", "$F eval model --json --text /dev/stdin < plain.txt")]
    [TestCase("plain.txt", "mkfifo pipe; (cat plain.txt > pipe) & $F eval model --json --text pipe")]
    [TestCase("plain.txt", "(cat plain.txt; sleep 1; true) | $F eval onnx --json --text /dev/stdin")]
    [TestCase("lines.jsonl", "$F eval model --json --text lines.ndjson")]
    [TestCase("lines.jsonl", "$F eval model --json --text lines.json")]
    [TestCase("lines.jsonl", "$F eval model --json --text <(cat lines.jsonl)")]
    [Category("Slow")]
    public void A_pipe_and_another_name_give_the_figures_of_the_file(string file, string command)
    {
        var (expected, tool) = (Shell($"$F eval model --json --text {file} {Window}"), Shell($"{command} {Window}"));
        Assert.That(tool.ExitCode, Is.Zero, tool.Error);
        Assert.That(Perplexity(tool), Is.EqualTo(Perplexity(expected)).Within(1e-4 * Perplexity(expected)));
    }

    [TestCase("$F generate model --prompt a --tokens 128", "--tokens 128 needs 129 positions and model has 128")]
    [TestCase("$F generate onnx --prompt 'a b c' --tokens 126", "a prompt of ")]
    [TestCase("$F bench model --workload 1,129,1", "PROMPT 129 of --workload needs 129 positions")]
    [TestCase("$F bench model onnx --workload 1,8,128", "CONTEXT 128 of --workload needs 129 positions")]
    [TestCase("$F bench onnx --workload 1,129,1", "PROMPT 129 of --workload needs 129 positions and onnx has 128")]
    [TestCase("$F eval model --text plain.txt --window 129", "--window 129 needs 129 positions and model has 128")]
    [TestCase("$F eval onnx --text plain.txt --window 129", "--window 129 needs 129 positions and onnx has 128")]
    [TestCase("$F eval onnx --text plain.txt --window 129 --against model", "129 positions")]
    [TestCase("$F eval model --text plain.txt.gz", "gzip")]
    [TestCase("$F prune model --out run --target 0.5 --calibration plain.txt.gz", "gzip")]
    [TestCase("$F eval model --text /dev/null --window 16", "empty")]
    [TestCase("$F eval model --text /dev/stdin --window 16 <&-", "stdin, which is closed")]
    [TestCase("$F prune model --out run --target 0.5 --calibration /dev/fd/0 <&-", "stdin, which is closed")]
    [TestCase("$F compare model --methods magnitude --targets 0.5 --out cmp --calibration <(cat plain.txt)", "is a pipe")]
    [Category("Slow")]
    public void What_cannot_be_is_one_sentence(string command, string culprit)
    {
        var tool = Shell($"gzip -kf plain.txt; {command}");
        Assert.That(tool.ExitCode, Is.EqualTo(2), tool.Error);
        Assert.That(tool.ErrorLines[^1], Does.StartWith("forgeprune: ").And.Contain(culprit));
        Assert.That(tool.Output, Is.Empty);
    }

    [TestCase("TMPDIR=/nonexistent $F generate model --prompt a --tokens 2", 3, "set TMPDIR")]
    [TestCase("TMPDIR=/nonexistent $F prune model --out run2 --target 1.5x --window 16 --tokens 1024 --workload 1,16,16", 3, "set TMPDIR")]
    [TestCase("$F inspect model > /dev/full", 3, "stdout cannot be written")]
    [TestCase("$F prune --help > /dev/full", 3, "stdout cannot be written")]
    [TestCase("$F inspect model >&-", 3, "stdout is closed")]
    [TestCase("$F generate model --prompt a --tokens 3 >&-", 3, "stdout is closed")]
    [Category("Slow")]
    public void What_surrounds_the_program_is_named(string command, int exitCode, string culprit)
    {
        var tool = Shell(command);
        Assert.That(tool.ExitCode, Is.EqualTo(exitCode), tool.Error);
        Assert.That(tool.ErrorLines, Has.Length.EqualTo(1), tool.Error);
        Assert.That(tool.ErrorLines[0], Does.StartWith("forgeprune: ").And.Contain(culprit));
    }

    [TestCase("$F inspect model | head -1", 0)]
    [TestCase("$F eval --help | head -1", 0)]
    [TestCase("$F generate model --prompt a --tokens 40 | head -c 1", 0)]
    [TestCase("$F inspect absent 2>&-", 2)]
    [TestCase("$F inspect absent 2> /dev/full", 2)]
    [TestCase("$F eval model --text plain.txt --window 16 2>&-", 0)]
    [Category("Slow")]
    public void A_reader_that_leaves_is_no_fault(string command, int exitCode)
    {
        var tool = Shell($"set -o pipefail; {command}");
        Assert.That((tool.ExitCode, tool.Error), Is.EqualTo((exitCode, "")));
    }

    [Test]
    [Category("Slow")]
    public void A_folder_may_be_named_by_a_way_that_is_not_there()
    {
        var (plain, winding) = (Shell("$F export model --out straight"), Shell("$F export model --out absent/../winding"));
        Assert.That((winding.ExitCode, winding.Error), Is.EqualTo((0, plain.Error)));
    }

    private Tool Shell(string command)
    {
        var start = Tool.StartInfo(folder);
        start = new ProcessStartInfo("bash")
        {
            WorkingDirectory = folder.Path,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment = { ["F"] = $"dotnet {start.ArgumentList[0]}" }
        };
        start.ArgumentList.Add("-c");
        start.ArgumentList.Add(command);
        return Tool.Run(start);
    }

    private static double Perplexity(Tool tool)
    {
        using var json = JsonDocument.Parse(tool.Output);
        return json.RootElement.GetProperty("perplexity").GetDouble();
    }
}
