using System.Text.Json.Nodes;
using ForgePrune.Kernels;
using ForgePrune.Levels;
using ForgePrune.Methods.Comparison;
using ForgePrune.Pipeline;
using ForgePrune.Pipeline.Resources;
using ForgePrune.Pipeline.Stages;
using ForgePrune.Testing;

namespace ForgePrune.Onnx.Tests.Pipeline;

/// <summary>Damping that had to be raised is said, and stands in the summary and in the report.</summary>
[NonParallelizable]
[Category("EndToEnd")]
public sealed class RaisedDampingTests
{
    // Of the model below: only input maps are square and so wide.
    private const int Hidden = 64;

    [Test]
    public void A_run_says_what_needed_more_damping_the_first_time_and_when_it_is_resumed()
    {
        using var folder = new TemporaryFolder();
        var config = SyntheticModels.Config(layers: 2, Hidden, headDim: 16, kvHeads: 2, queryHeads: 2, ffn: 128,
            SyntheticRun.Vocab) with
        { TiedEmbeddings = false };
        using (var model = SyntheticModels.Random(config, seed: 3))
            SyntheticCheckpoint.Write(model, folder["model"]);
        SyntheticRun.WriteText(folder["text.bin"], SyntheticRun.Windows);
        var settings = SyntheticSettings.Of(folder, "run");
        var heard = new Heard();
        var raised = PrunePipeline.Run(settings, OnnxServing.Cpu, LargeModels.Usual, new Stubborn(), heard, default).Summary.RaisedDamping!;
        Assert.That(raised, Is.Not.Empty);
        Assert.That(raised.Select(one => one.Asked), Is.SubsetOf(DampingLadder.Fractions));
        Assert.That(raised.Select(one => one.Used / one.Asked), Is.All.EqualTo(10).Within(1e-9));
        Assert.That(raised.Select(one => one.Matrix), Is.All.StartsWith("the input map before layer "));
        Assert.That(heard.Notes, Is.SupersetOf(raised.Select(one => $"{one}")));
        Assert.That(JsonNode.Parse(File.ReadAllText(Path.Combine(settings.Out, "summary.json")))!["raisedDamping"]!.AsArray(), Has.Count.EqualTo(raised.Count));
        Assert.That(File.ReadAllText(Path.Combine(settings.Out, "report.html")), Does.Contain(raised[0].Matrix));

        var again = new Heard();
        Assert.That(PrunePipeline.Run(settings, OnnxServing.Cpu, LargeModels.Usual, new Stubborn(), again, default).Summary.RaisedDamping, Is.EqualTo(raised));
        Assert.That(again.Stages, Is.Empty, "nothing is done again");
        Assert.That(again.Notes, Is.SupersetOf(raised.Select(one => $"{one}")));
    }

    [Test]
    public void What_a_stage_wrote_is_read_back_and_nothing_is_written_for_nothing()
    {
        using var folder = new TemporaryFolder();
        RaisedDamping[] raised = [new("layer 3 gate/up_proj", 0.01, 0.1)];
        DampingFile.Write(folder.Path, []);
        Assert.That(DampingFile.Read(folder.Path), Is.Empty);
        Assert.That(Directory.GetFiles(folder.Path), Is.Empty);
        DampingFile.Write(folder.Path, raised);
        Assert.That(DampingFile.Read(folder.Path), Is.EqualTo(raised));
    }

    /// <summary>The processor, but every factor of an input map is refused once.</summary>
    private sealed class Stubborn : IPruningDevice
    {
        private readonly CpuDevice processor = new(1);
        private bool refused;

        public string Name => processor.Name;

        public int Threads => processor.Threads;

        public IGramSum Gram(int cols) => processor.Gram(cols);

        public EliminationResult Order(ReadOnlyLongSpan<double> hessian, int n, ReadOnlySpan<double> weights, int rows, ReadOnlySpan<bool> dead) =>
            processor.Order(hessian, n, weights, rows, dead);

        public IGroupSweeps Groups(ReadOnlySpan<double> hessian, int n, ReadOnlySpan<double> weights, int rows, ReadOnlySpan<bool> dead, int width) =>
            processor.Groups(hessian, n, weights, rows, dead, width);

        public LevelFactor Factor(ReadOnlyLongSpan<double> hessian, int n, ReadOnlySpan<double> moment, int rows, ReadOnlySpan<int> order)
        {
            if (n == Hidden && rows == Hidden && (refused = !refused))
                throw new NotPositiveDefiniteException("The Hessian", 0);
            return processor.Factor(hessian, n, moment, rows, order);
        }
    }
}
