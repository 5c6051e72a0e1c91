using System.Text.Json.Nodes;
using ForgePrune.Errors;
using ForgePrune.Methods;
using ForgePrune.Model;
using ForgePrune.Onnx;
using ForgePrune.Pipeline;
using ForgePrune.Progress;
using ForgePrune.Testing;

namespace ForgePrune.Gguf.Tests;

/// <summary>Runs that also write a GGUF file.</summary>
[NonParallelizable]
[Category("EndToEnd")]
public sealed class RunTests
{
    [TestCase(GgufType.F32)]
    [TestCase(GgufType.Q4)]
    public void A_run_writes_the_model_of_its_other_exports_and_resumes(GgufType type)
    {
        using var folder = new TemporaryFolder();
        SyntheticRun.Write(folder);
        var settings = Settings(folder) with { Gguf = type };
        var summary = PrunePipeline.Run(settings, OnnxServing.Cpu, NoProgress.Instance, default).Summary.Gguf!;
        Assert.That((summary.Type, summary.Architecture), Is.EqualTo((GgufTypes.Name(type), "deci")));
        Assert.That(summary.Files, Is.EqualTo(new[] { GgufExporter.ModelFile }));
        var written = new FileInfo(Path.Combine(settings.Out, "gguf", GgufExporter.ModelFile));
        Assert.That(summary.Bytes, Is.EqualTo(written.Length));
        Assert.That((long?)JsonNode.Parse(File.ReadAllText(Path.Combine(settings.Out, "summary.json")))!["gguf"]!["bytes"], Is.EqualTo(written.Length));
        using (var model = Checkpoints.DecoderModel.Open(settings.Out))
        {
            if (type == GgufType.F32)
                Agreement.Require(model, Path.Combine(settings.Out, "gguf"));
        }

        var time = written.LastWriteTimeUtc;
        Assert.That(PrunePipeline.Run(settings, OnnxServing.Cpu, NoProgress.Instance, default).Summary.Gguf!.Bytes, Is.EqualTo(summary.Bytes));
        Assert.That(new FileInfo(written.FullName).LastWriteTimeUtc, Is.EqualTo(time), "nothing is done again");
    }

    [TestCase(true, "scaled rope")]
    [TestCase(false, "whose layers differ")]
    public void What_could_not_be_written_in_the_end_is_refused_at_the_beginning(bool stretched, string why)
    {
        using var folder = new TemporaryFolder();
        var config = SyntheticModels.Config() with
        {
            Family = "qwen3",
            QkNorm = true,
            TiedEmbeddings = stretched,
            RopeScaling = stretched ? new Llama3Scaling(8, 1, 4, 16) : null,
        };
        using (var model = SyntheticModels.Random(config, 1))
            SyntheticCheckpoint.Write(model, folder["model"]);
        SyntheticRun.WriteText(folder["text.bin"], SyntheticRun.Windows, vocab: 64);
        Assert.That(() => PrunePipeline.Run(Settings(folder) with { Gguf = GgufType.F32 }, OnnxServing.Cpu, NoProgress.Instance, default),
            Throws.TypeOf<BadInputException>().With.Message.Contains(why));
        Assert.That(Directory.Exists(folder["run"]), Is.False);
    }

    private static PruneSettings Settings(TemporaryFolder folder) => new()
    {
        Model = folder["model"],
        Out = folder["run"],
        Target = new Target(Metric.Prunable, 0.5),
        Calibration = folder["text.bin"],
        Tokens = SyntheticRun.Window * SyntheticRun.Windows,
        Window = SyntheticRun.Window,
        Method = MethodCatalog.Default,
        Seed = 7,
        Threads = 1,
        Workload = new Workload(1, 16, 16),
        Quick = true,
        TimingSeconds = 1,
    };
}
