using ForgePrune.Testing;

namespace ForgePrune.Cli.Tests.CommandLine;

/// <summary>One sentence on stderr, nothing on stdout, exit code 2, nothing left behind.</summary>
[Parallelizable(ParallelScope.All)]
public sealed class BadInputTests
{
    private const string Good = "prune model --out run --target 1.5x", Self = " --method self-pruner", Study = "study train-large model --text file --out s";

    // Each case: the words, and a part of the sentence that names the culprit. "model" is an empty folder, "empty.txt" an empty file,
    // "foreign" a folder with somebody's file, "file" a file, "ran" a run, "locked" a folder with somebody's lock.
    [TestCase("fly", "no verb 'fly'")]
    [TestCase("--fly", "no option '--fly'")]
    [TestCase("prune", "required")]
    [TestCase("kernels", "list or devices or export")]
    [TestCase("kernels export", "--out")]
    [TestCase("kernels export --out foreign", "'foreign' exists already")]
    [TestCase("kernels export --out file/ptx", "which is no folder")]
    [TestCase("kernels export --out ptx --target sm_1", "sm_1")]
    [TestCase("prune absent --out run --target 1.5x", "'absent' does not exist")]
    [TestCase("prune model --target 1.5x", "--out")]
    [TestCase("prune model --out run", "--target")]
    [TestCase("prune model --out file/run --target 0.5", "--out file/run lies below")]
    [TestCase("compare model --methods magnitude --targets 0.5 --out file/cmp", "lies below")]
    [TestCase("prune model --out run --target", "--target")]
    [TestCase("prune model --out run --target fast", "fast")]
    [TestCase("prune model --out run --target -1", "-1")]
    [TestCase("prune model --out run --target 0", "0")]
    [TestCase("prune model --out run --target 0.9x", "0.9x")]
    [TestCase("prune model --out run --target 1.5", "1.5")]
    [TestCase("prune model --out run --target NaN", "NaN")]
    [TestCase(Good + " --metric beauty", "beauty")]
    [TestCase(Good + " --method luck", "luck")]
    [TestCase(Good + Self + " --proposer oracle", "'oracle' is unknown; use one of ramp")]
    [TestCase(Good + Self + " --proposer endpoint", "--proposer-url")]
    [TestCase(Good + Self + " --proposer endpoint --proposer-url http://127.0.0.1:1/v1", "--proposer-model")]
    [TestCase(Good + Self + " --proposer endpoint --proposer-url ftp://a/b --proposer-model m", "no http or https")]
    [TestCase(Good + Self + " --proposer endpoint --proposer-url http://me:secret@a/b --proposer-model m", "without user")]
    [TestCase(Good + Self + " --proposer-url http://127.0.0.1:1/v1", "of no use to --proposer ramp")]
    [TestCase(Good + Self + " --proposer-model m", "of no use to --proposer ramp")]
    [TestCase(Good + Self + " --proposer local --proposer-model absent", "'absent' does not exist")]
    [TestCase(Good + " --proposer local", "of no use to forgeprune; leave it out, or take self-pruner or self-pruner-obs")]
    [TestCase(Good + " --method magnitude --proposer-url http://127.0.0.1:1/v1", "--proposer-url is of no use to magnitude")]
    [TestCase(Good + " --method darwinlm-untrained --selection-tokens 100", "of no use to darwinlm-untrained; leave it out, or take darwinlm")]
    [TestCase("demo --stages 3", "of no use to forgeprune; leave it out, or take adapt-pruner")]
    [TestCase(Good + " --selection-tokens 100", "of no use to forgeprune; leave it out, or take darwinlm")]
    [TestCase(Good + " --method darwinlm --selection-tokens -1", "--selection-tokens -1")]
    [TestCase(Good + " --method dress --stages 4", "of no use to dress; leave it out, or take adapt-pruner")]
    [TestCase(Good + " --method adapt-pruner --stages 0", "--stages 0")]
    [TestCase(Good + " --method adapt-pruner --stages 101", "--stages 101")]
    [TestCase(Good + " --regularize-tokens 100", "of no use to forgeprune; leave it out, or take dress")]
    [TestCase(Good + " --method dress --regularize-tokens many", "many")]
    [TestCase("compare model --methods darwinlm,magnitude --targets 0.5 --out run --stages 3",
        "of no use to darwinlm, magnitude; leave it out, or take adapt-pruner")]
    [TestCase(Good + " --format gguf", "--format 'gguf' is not offered; use onnx or onnx,gguf")]
    [TestCase(Good + " --format onnx,onnx", "names one twice")]
    [TestCase(Good + " --type f16", "none is asked for; add --format onnx,gguf")]
    [TestCase(Good + " --format onnx,gguf --type q5_0", "--type 'q5_0' is not offered; use f32, f16, q8_0 or q4_0")]
    [TestCase("export model --out x --format onnx,gguf", "use onnx or gguf")]
    [TestCase("export model --out x --type f16", "none is asked for; add --format gguf")]
    [TestCase("export model --out x --dtype f8", "--dtype 'f8' is not offered; use f32 or f16 or bf16")]
    [TestCase("export model --out x --logits first", "--logits 'first' is not offered; use all or last")]
    [TestCase("export model --out x --quantize-format qdq", "--quantize is missing; add --quantize int8 or int4")]
    [TestCase("export model --out x --quantize int4 --quantize-method rtn --quantize-format onnx", "--quantize-format 'onnx' is not offered; use nbits or qdq")]
    [TestCase("export model --out x --format gguf --dtype f16", "--dtype is for ONNX folders")]
    [TestCase("export model --out x --format gguf --logits all", "--logits is for ONNX folders")]
    [TestCase("export model --out x --format gguf --quantize int4", "leave it out, or give --type q8_0 or --type q4_0 for GGUF")]
    [TestCase("export model --out x --format gguf --type f16 --calibration file", "--calibration is read for --type q8_0 and --type q4_0 only")]
    [TestCase(Good + " --tokens 0", "--tokens 0")]
    [TestCase(Good + " --tokens many", "many")]
    [TestCase(Good + " --tokens 10000 --window 256", "10240")]
    [TestCase(Good + " --tokens 99999999999999999999", "--tokens")]
    [TestCase(Good + " --window 1", "--window 1")]
    [TestCase(Good + " --seed -1", "--seed -1")]
    [TestCase(Good + " --seed 1.5", "--seed '1.5'")]
    [TestCase(Good + " --seed 1 --seed 2", "--seed")]
    [TestCase(Good + " --threads 0", "--threads 0")]
    [TestCase(Good + " --workload 0,128,128", "BATCH 0 is out of range; give a whole number from 1 to 4096")]
    [TestCase(Good + " --workload 1,0,128", "PROMPT 0 is out of range")]
    [TestCase(Good + " --workload 1,128,-5", "CONTEXT -5 is out of range")]
    [TestCase(Good + " --workload 1,128,", "CONTEXT '' is not a whole number")]
    [TestCase(Good + " --workload one,128,128", "BATCH 'one' is not a whole number")]
    [TestCase(Good + " --workload 128", "has 1 parts where there are three; give BATCH,PROMPT,CONTEXT")]
    [TestCase(Good + " --batch 4", "no option '--batch'; it is a part of --workload now: give --workload BATCH,PROMPT,CONTEXT")]
    [TestCase(Good + " --prompt=16", "it is a part of --workload now")]
    [TestCase("demo --context 16", "no option '--context'; it is a part of --workload now")]
    [TestCase("compare model --methods magnitude --targets 0.5 --out run --prompt 16", "it is a part of --workload now")]
    [TestCase(Good + " --memory 6", "--memory '6'")]
    [TestCase(Good + " --memory -6GB", "--memory '-6GB'")]
    [TestCase(Good + " --memory 1MB", "100MB")]
    [TestCase(Good + " --memory lots", "such as 6GB")]
    [TestCase(Good + " --device cuda:x", "use cpu, cuda")]
    [TestCase(Good + " --provider rocm", "--provider 'rocm' is unknown; use cpu, cuda, or a second GPU as cuda:1")]
    [TestCase("compare model --methods darwinlm --targets 0.5 --out run --provider cpu", "no option '--provider'")]
    [TestCase(Good + " --device tpu", "tpu")]
    [TestCase(Good + " --calibration absent.txt", "absent.txt")]
    [TestCase(Good + " --calibration model", "is a folder")]
    [TestCase(Good + " --calibration empty.txt", "is empty")]
    [TestCase(Good + " --eval absent.txt", "absent.txt")]
    [TestCase(Good + " --recover 0", "--recover 0")]
    [TestCase(Good + " --recover much", "much")]
    [TestCase(Good + " --recover 100 --recover-loss hinge", "use kl or ce")]
    [TestCase(Good + " --recover 100 --recover-rate 0", "--recover-rate '0'")]
    [TestCase(Good + " --recover 100 --recover-rate fast", "fast")]
    [TestCase(Good + " --recover 100 --recover-text absent.txt", "absent.txt")]
    [TestCase(Good + " --recover-loss ce", "give --recover TOKENS")]
    [TestCase(Good + " --quantize int3", "use int8 or int4")]
    [TestCase(Good + " --quantize int4 --quantize-method luck", "use gptq or rtn")]
    [TestCase(Good + " --quantize int4 --quantize-block 48", "use one of 16, 32")]
    [TestCase(Good + " --quantize-block 64", "--quantize is missing")]
    [TestCase(Good + " --quantize-method rtn", "--quantize is missing")]
    [TestCase(Good + " further", "'further'")]
    [TestCase(Good + " --fast", "'--fast'")]
    [TestCase("prune model --out foreign --target 1.5x", "foreign")]
    [TestCase("prune model --out file --target 1.5x", "is a file")]
    [TestCase("prune model --out file/ --target 1.5x", "is a file")]
    [TestCase("prune ran --out ran --target 1.5x", "ran holds ran, which this run would read and replace")]
    [TestCase("prune model --out locked --target 1.5x", "holds files that are no run")]
    [TestCase("prune model --out wrong --target 1.5x", "run.json")]
    [TestCase("inspect", "inspect")]
    [TestCase("inspect --fast", "no option '--fast'")]
    [TestCase("inspect absent", "absent")]
    [TestCase("inspect model", "config.json")]
    [TestCase("inspect file", "file")]
    [TestCase("inspect llama", "no config.json but stories.bin; give llama/stories.bin itself")]
    [TestCase("eval model", "--text")]
    [TestCase("eval model --tasks absent.jsonl", "absent.jsonl")]
    [TestCase("eval model --tasks file", "is no task")]
    [TestCase("eval model --tasks file,", "empty part")]
    [TestCase("eval model --tasks file --limit 0", "--limit 0")]
    [TestCase("eval model --text file --limit 3", "--limit says how tasks are asked, but none is named; give --tasks FILE")]
    [TestCase("eval model --tasks file --window 64", "--window says how a text is read; give --text FILE")]
    [TestCase("eval model --tasks file --against model", "--text")]
    [TestCase("eval model --text empty.txt", "is empty")]
    [TestCase("eval model --text file --against absent", "absent")]
    [TestCase("bench absent", "absent")]
    [TestCase("bench model absent", "absent")]
    [TestCase("bench model --repeats 1", "no option '--repeats'")]
    [TestCase("bench model --batch 1", "it is a part of --workload now")]
    [TestCase("bench model --workload 1,2", "has 2 parts")]
    [TestCase("methods luck", "use one of forgeprune")]
    [TestCase("methods darwinlm further", "'further'")]
    [TestCase("generate model", "--prompt")]
    [TestCase("generate model --prompt hello --tokens 0", "--tokens 0")]
    [TestCase("export model", "--out")]
    [TestCase("export model --out foreign", "foreign")]
    [TestCase("export model --out foreign/", "'foreign/' exists already")]
    [TestCase("export model --out absent/../foreign/.", "exists already")]
    [TestCase("export model --out .", "'.' exists already")]
    [TestCase("export model --out file/", "'file/' exists already")]
    [TestCase("export model --out file/new", "which is no folder")]
    [TestCase("export model --out ran/new", "a run folder")]
    [TestCase("export model --out new --quantize int4", "--calibration FILE")]
    [TestCase("export model --out new --calibration file", "gptq only")]
    [TestCase("export model --out new --tokens 64", "--tokens says how --calibration is read, which is not given")]
    [TestCase("export model --out new --quantize int4 --quantize-method rtn --calibration file", "gptq only")]
    [TestCase("export model --out new --quantize-block 32", "--quantize is missing")]
    [TestCase("study", "train-large")]
    [TestCase("study train-large model --out s", "--text")]
    [TestCase("study train-large model --text file", "--out")]
    [TestCase("study train-large absent --text file --out s", "'absent' does not exist")]
    [TestCase("study train-large model --text empty.txt --out s", "is empty")]
    [TestCase("study train-large model --text file --out foreign", "foreign")]
    [TestCase("study train-large model --fast", "see 'forgeprune study train-large --help'")]
    [TestCase(Study, "config.json")]
    [TestCase(Study + " --sizes 1", "names 1 sizes where 2 to 8")]
    [TestCase(Study + " --sizes 2,1", "do not rise")]
    [TestCase(Study + " --sizes 1,1", "twice")]
    [TestCase(Study + " --sizes 0,1", "--sizes 0")]
    [TestCase(Study + " --sizes 1,65", "--sizes 65")]
    [TestCase(Study + " --sizes small,large", "small")]
    [TestCase(Study + " --tokens 0", "--tokens 0")]
    [TestCase(Study + " --window 1", "--window 1")]
    [TestCase(Study + " --rate 0", "--rate '0'")]
    [TestCase("doctor --fast", "--fast")]
    [Category("Slow")]
    public void One_sentence(string words, string culprit)
    {
        using var folder = SyntheticFolder();
        var before = Entries(folder);
        var tool = Tool.Run(folder, words.Split(' '));
        Assert.That(tool.ExitCode, Is.EqualTo(2), tool.Error);
        Assert.That(tool.ErrorLines, Has.Length.EqualTo(1), tool.Error);
        Assert.That(tool.ErrorLines[0], Does.StartWith("forgeprune: ").And.Contain(culprit));
        Assert.That(tool.Output, Is.Empty);
        Assert.That(Entries(folder), Is.EqualTo(before), "nothing is left behind");
    }

    // With what is written beside it first, it would be longer than file systems allow.
    [TestCase("export model --out")]
    [TestCase("kernels export --out")]
    public void A_name_that_is_too_long_is_refused(string words)
    {
        using var folder = SyntheticFolder();
        var before = Entries(folder);
        var tool = Tool.Run(folder, [.. words.Split(' '), new string('a', 250)]);
        Assert.That((tool.ExitCode, tool.ErrorLines.Length), Is.EqualTo((2, 1)), tool.Error);
        Assert.That(tool.Error, Does.Contain("--out ends in a name of 250 bytes").And.Contain("give a shorter name"));
        Assert.That(Entries(folder), Is.EqualTo(before), "nothing is left behind");
    }

    [Test]
    public void An_empty_prompt_is_refused()
    {
        using var folder = SyntheticFolder();
        var tool = Tool.Run(folder, "generate", "model", "--prompt", "");
        Assert.That(tool.ExitCode, Is.EqualTo(2));
        Assert.That(tool.ErrorLines, Has.Length.EqualTo(1));
    }

    private static TemporaryFolder SyntheticFolder()
    {
        var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder["model"]);
        Directory.CreateDirectory(folder["foreign"]);
        Directory.CreateDirectory(folder["wrong"]);
        File.WriteAllText(folder["wrong/run.json"], "{}");
        Directory.CreateDirectory(folder["llama"]);
        File.WriteAllText(folder["llama/stories.bin"], "weights");
        File.WriteAllText(folder["llama/tok512.bin"], "table");
        Directory.CreateDirectory(folder["ran"]);
        File.WriteAllText(folder["ran/run.json"], """{"tool":"forgeprune","format":1}""");
        Directory.CreateDirectory(folder["locked"]);
        File.WriteAllText(folder["locked/.lock"], "somebody's own lock");
        File.WriteAllText(folder["foreign/letter"], "mine");
        File.WriteAllText(folder["empty.txt"], "");
        File.WriteAllText(folder["file"], "text");
        return folder;
    }

    private static string[] Entries(TemporaryFolder folder) =>
        [.. Directory.EnumerateFileSystemEntries(folder.Path, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal)];
}
