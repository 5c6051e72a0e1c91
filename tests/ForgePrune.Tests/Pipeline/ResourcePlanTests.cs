using ForgePrune.Errors;
using ForgePrune.IO;
using ForgePrune.Model;
using ForgePrune.Pipeline;
using ForgePrune.Pipeline.Resources;
using ForgePrune.Testing;
using ForgePrune.Training;

namespace ForgePrune.Tests.Pipeline;

public sealed class ResourcePlanTests
{
    // stories15M: 6 layers of 288 with 6 heads of 48 and 768 channels, 32000 words, tied.
    private static readonly ModelConfig Stories = new()
    {
        Family = "llama",
        HiddenSize = 288,
        HeadDim = 48,
        VocabSize = 32000,
        MaxPositions = 256,
        RmsNormEps = 1e-5,
        RopeTheta = 1e4,
        TiedEmbeddings = true,
        Layers = [.. Enumerable.Repeat(new LayerShape(6, 6, 768), 6)],
    };

    /// <summary>1.1 billion parameters: 22 layers of 2048 with 32 heads of 64, 4 groups and 5632 channels.</summary>
    private static readonly ModelConfig Large = Stories with
    {
        HiddenSize = 2048,
        HeadDim = 64,
        TiedEmbeddings = false,
        Layers = [.. Enumerable.Repeat(new LayerShape(4, 32, 5632), 22)],
    };

    // llama2.c's file holds 7 header ints, these parameters, and two rotary tables of 256 × 24: 60,816,028 bytes.
    [Test]
    public void Parameters_of_stories15M_are_those_of_its_file() =>
        Assert.That(ModelSize.Of(Stories).Total * 4 + 28 + 2 * 256 * 24 * 4, Is.EqualTo(60_816_028));

    [Test]
    public void Biases_norms_and_an_untied_head_count()
    {
        var plain = ModelSize.Of(Stories);
        var rich = ModelSize.Of(Stories with { TiedEmbeddings = false, QkvBias = true, QkNorm = true, DownBias = true, GateUpBias = true, OutputBias = true });
        Assert.That(rich.Total - plain.Total, Is.EqualTo(32000L * 288 + 6 * (3 * 288 + 2 * 48 + 288 + 2 * 768 + 288)));
        Assert.That(rich.Prunable, Is.EqualTo(plain.Prunable));
    }

    [Test]
    public void Recovery_is_counted_where_it_is_asked_for_and_refused_where_it_does_not_fit()
    {
        var weights = 4 * ModelSize.Of(Stories).Total;
        var plan = ResourcePlan.For(Stories, 2048, 256, latency: false, new TrainingNeed(""));
        Assert.That(plan.DiskBytes - ResourcePlan.For(Stories, 2048, 256, latency: false).DiskBytes, Is.EqualTo(4 * weights),
            "weights, two moments and the model");
        Assert.That(() => plan.RequireTraining(5 * weights), Throws.TypeOf<BadInputException>().With.Message.Contains("`Memory`"));
        Assert.That(() => plan.RequireTraining(1L << 40), Throws.Nothing);
    }

    [Test]
    public void A_gradient_holds_the_weights_twice_and_no_moments()
    {
        var (weights, plan) = (4 * ModelSize.Of(Large).Total, ResourcePlan.For(Large, 8192, 256, latency: false, gradient: true));
        var need = plan.Stages.Single(stage => stage.Stage == "gradient");
        // The peak of a run.
        Assert.That(need.MemoryBytes, Is.InRange(10_693_680L << 10, 3 * weights));
        Assert.That(() => plan.RequireTraining(need.MemoryBytes), Throws.Nothing);
        Assert.That(() => plan.RequireTraining(need.MemoryBytes - 1),
            Throws.TypeOf<BadInputException>().With.Message.Contains("`Memory`").And.Message.Contains("`Method`"));
        Assert.That(ResourcePlan.For(Large, 8192, 256, latency: false).Stages.Select(stage => stage.Stage), Has.None.EqualTo("gradient"));
    }

    [Test]
    public void A_dense_export_that_nothing_can_use_takes_no_disk()
    {
        var weights = 4 * ModelSize.Of(Stories).Total;
        long Disk(bool latency, long memory) => ResourcePlan.For(Stories, 2048, 256, latency, memory: memory).DiskBytes;
        Assert.That(Disk(false, long.MaxValue) - Disk(false, weights), Is.EqualTo(weights), "memory does not hold the model beside the process");
        Assert.That(Disk(true, long.MaxValue), Is.EqualTo(Disk(true, weights)), "a time is refused there, not left out");
        StageNeed Served(bool latency) =>
            ResourcePlan.For(Stories, 2048, 256, latency, memory: weights).Stages.Single(stage => stage.Stage == "timing and proof");
        Assert.That(Served(false).MemoryBytes, Is.Zero, "nothing is loaded that does not fit");
        Assert.That(Served(true).MemoryBytes, Is.GreaterThan(weights));
    }

    [Test]
    public void A_scope_counts_what_it_trains_and_keeps()
    {
        long Memory(ResourcePlan plan) => plan.Stages.Single(stage => stage.Stage == "recover").MemoryBytes;
        ResourcePlan Of(RecoveryScope scope) => ResourcePlan.For(Large, 2048, 256, latency: false, new TrainingNeed("", Scope: scope));
        Assert.That(Memory(Of(RecoveryScope.All)), Is.GreaterThan(20L << 30));
        Assert.That(Memory(Of(RecoveryScope.Lora(16))), Is.LessThan(8L << 30));
        Assert.That(Memory(Of(RecoveryScope.Scales)), Is.LessThan(Memory(Of(RecoveryScope.Lora(16)))));
        Assert.That(() => Of(RecoveryScope.Scales).RequireTraining(8L << 30), Throws.Nothing);
        var (plain, weights) = (ResourcePlan.For(Large, 2048, 256, latency: false).DiskBytes, 4 * ModelSize.Of(Large).Total);
        // Norms, and factors of 2048 and 5632 inputs in every layer.
        Assert.That(Of(RecoveryScope.Scales).DiskBytes - plain - weights, Is.EqualTo(3 * 4 * ((22L * (2048 + 2048 + 2048 + 5632)) + 2048)));
    }

    [Test]
    public void Of_two_trainings_the_one_of_all_weights_counts()
    {
        TrainingNeed all = new("all"), scales = new("scales", Scope: RecoveryScope.Scales);
        Assert.That(TrainingNeed.Larger(scales, all), Is.EqualTo(all));
        Assert.That(TrainingNeed.Larger(all, scales), Is.EqualTo(all));
        Assert.That(TrainingNeed.Larger(null, scales), Is.EqualTo(scales));
        Assert.That(TrainingNeed.Larger(scales, null), Is.EqualTo(scales));
        Assert.That(TrainingNeed.Larger(null, null), Is.Null);
    }

    [Test]
    public void More_tokens_need_more_memory()
    {
        var small = ResourcePlan.For(Stories, 1000, 256, latency: false);
        var large = ResourcePlan.For(Stories, 10_000_000, 256, latency: false);
        Assert.That(large.PeakMemoryBytes, Is.GreaterThan(small.PeakMemoryBytes).And.GreaterThan(10_000_000L * 288 * 4));
        Assert.That(large.DiskBytes, Is.EqualTo(small.DiskBytes));
    }

    [Test]
    public void Latency_tables_and_larger_layers_need_more_memory()
    {
        var plain = ResourcePlan.For(Stories, 1000, 256, latency: false).PeakMemoryBytes;
        Assert.That(ResourcePlan.For(Stories, 1000, 256, latency: true).PeakMemoryBytes, Is.GreaterThan(plain));
        var wide = Stories with { Layers = [new LayerShape(6, 6, 16384)] };
        Assert.That(ResourcePlan.For(wide, 1000, 256, latency: false).PeakMemoryBytes, Is.GreaterThan(6 * 8L * 16384 * 16384));
    }

    [Test]
    public void A_disk_too_small_is_refused_with_both_figures()
    {
        var plan = new ResourcePlan([new StageNeed("export", 1, 1L << 60)]);
        Assert.That(() => plan.RequireDisk(Path.Combine(Path.GetTempPath(), "absent", "run")),
            Throws.TypeOf<BrokenEnvironmentException>().With.Message.Contains("1024 PiB").And.Message.Contains("free"));
    }

    [Test]
    public void What_lies_in_the_folder_already_needs_no_more_room()
    {
        using var folder = new TemporaryFolder();
        // Sparse: it takes no room itself.
        var free = FreeDisk.At(folder["run"]);
        var length = Math.Min(free, 1L << 40);
        Directory.CreateDirectory(folder["run/calibration"]);
        using (var file = File.Create(folder["run/calibration/gram"]))
            file.SetLength(length);
        Assert.That(FreeDisk.UsedBy(folder["run"]), Is.EqualTo(length));
        Assert.That(FreeDisk.UsedBy(folder["absent"]), Is.Zero);
        var plan = new ResourcePlan([new StageNeed("export", 1, free + length / 2)]);
        Assert.That(() => plan.RequireDisk(folder["run"]), Throws.Nothing);
        Assert.That(() => plan.RequireDisk(folder["other"]), Throws.TypeOf<BrokenEnvironmentException>());
    }

    [TestCase(0, "0 B")]
    [TestCase(1023, "1023 B")]
    [TestCase(1536, "1.5 KiB")]
    [TestCase(60_816_028, "58.0 MiB")]
    [TestCase(200L << 30, "200 GiB")]
    public void Bytes_read_well(long bytes, string expected) => Assert.That(Bytes.Show(bytes), Is.EqualTo(expected));
}
