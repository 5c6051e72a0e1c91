using ForgePrune.Checkpoints;
using ForgePrune.Errors;
using ForgePrune.Gguf.Layers;
using ForgePrune.Model;
using ForgePrune.Pipeline;
using ForgePrune.Pipeline.Resources;
using ForgePrune.Pipeline.Stages;
using ForgePrune.Search;
using ForgePrune.Search.Costs;
using ForgePrune.Testing;
using ForgePrune.Training;

namespace ForgePrune.Tests.Shapes;

/// <summary>All that is done with a model before its weights are read, at the shapes of published models.</summary>
[Parallelizable(ParallelScope.All)]
public sealed class RealShapesTests
{
    private const int Window = 256, WidestAtOwnStep = 4096, CoarseStep = 256;

    /// <summary>The architectures of llama.cpp that are not named as the family is.</summary>
    private static readonly Dictionary<string, string> Architectures = new()
    {
        ["mistral"] = "llama",
        ["mixtral"] = "llama",
        ["gemma3_text"] = "gemma3",
        ["qwen3_moe"] = "qwen3moe",
        ["olmo3"] = "olmo2",
    };

    private static IEnumerable<string> Names => RealShapes.Names;

    [Test]
    public void There_is_a_count_of_parameters_for_every_file() => Assert.That(
        Directory.GetFiles(Path.Combine(Shared.Root, "tests", "shapes")).Select(Path.GetFileNameWithoutExtension), Is.EquivalentTo(RealShapes.Names));

    [TestCaseSource(nameof(Names))]
    public void Parameters_are_those_of_the_published_files(string name) =>
        Assert.That(ModelSize.Of(RealShapes.Config(name)).Total, Is.EqualTo(RealShapes.Parameters[name]));

    [TestCaseSource(nameof(Names))]
    public void A_written_config_says_the_same(string name)
    {
        var config = RealShapes.Config(name);
        Assert.That(ModelFamilies.IsStock(config));
        using var folder = new TemporaryFolder();
        folder.Write("config.json", HuggingFaceKeys.Write(config, ModelFamilies.Find(config.Family)!).ToJsonString());
        var again = HuggingFaceConfig.Read(folder["config.json"]).Config;
        Assert.That(Bare(again), Is.EqualTo(Bare(config)));
        Assert.That(again.Layers, Is.EqualTo(config.Layers));
        Assert.That(again.EosTokenIds, Is.EqualTo(config.EosTokenIds));
        for (var layer = 0; layer < config.Layers.Count; layer++)
            Assert.That((again.KindOf(layer), again.MlpOf(layer)), Is.EqualTo((config.KindOf(layer), config.MlpOf(layer))), $"layer {layer}");
    }

    [TestCaseSource(nameof(Names))]
    public void llama_cpp_has_an_architecture_for_it(string name)
    {
        var config = RealShapes.Config(name);
        if (config.Family == "phi3" && config.Attention.Any(kind => kind.IsWindowed(config.MaxPositions)))
            Refused(() => GgufArchitecture.Of(config), "window");
        else
            Assert.That(GgufArchitecture.Of(config).Name, Is.EqualTo(Architectures.GetValueOrDefault(config.Family, config.Family)));
    }

    [TestCaseSource(nameof(Names))]
    public void Plans_of_half_the_size_are_found(string name)
    {
        var config = RealShapes.Config(name);
        var shapes = config.HasExperts ? PlanShapes.Uniform : PlanShapes.Free;
        var cost = CostModels.For(Metric.Prunable, config, null, 1);
        var (whole, dense) = (new Plan(config.Layers), ModelSize.Of(config).Prunable);
        var (budget, large) = (new Target(Metric.Prunable, 0.5).Budget(cost.Of(whole)), LargeModels.Usual.Includes(config));
        var space = SearchStage.Space(config, cost, budget, large, shapes);
        Assert.That(() => space.RequireWithinReach(), Throws.Nothing);
        // The steps of a run take seconds where there are hundreds of widths in each of dozens of layers.
        if (config.Layers[0].Ffn > WidestAtOwnStep && !config.HasExperts)
            space = new(SearchSpace.For(config, SearchSpaceOptions.For(large, CoarseStep), cost), cost, budget);
        var plan = config.HasExperts ? space.Space.PlanOf(UniformPlans.Widest(space)[0]) : space.Space.PlanOf(space.Solve(Prices(space)).Indices);
        var found = ModelSize.Of(config with { Layers = plan.Layers }).Prunable;
        // What a step in one layer may leave over; of experts, one of every layer.
        var slack = config.HasExperts ? (double)config.Layers.Count * 3 * config.HiddenSize * config.OneMlpKind.ExpertWidth * 1.01 : 0.01 * dense;
        Assert.That(found, Is.LessThanOrEqualTo(0.5 * dense).And.GreaterThan((0.5 * dense) - slack));
        foreach (var (layer, was) in plan.Layers.Zip(config.Layers))
        {
            Assert.That(layer.KvHeads == 0 ? layer.QueryHeads : layer.QueryHeads % layer.KvHeads, Is.Zero);
            Assert.That(layer.QueryHeads, Is.LessThanOrEqualTo(was.QueryHeads));
            if (config.QkNormAcrossHeads)
                Assert.That(layer.QueryHeads, Is.Zero.Or.EqualTo(was.QueryHeads));
        }
    }

    [TestCaseSource(nameof(Names))]
    public void Memory_and_disk_of_every_kind_of_run_are_planned(string name)
    {
        var config = RealShapes.Config(name);
        var weights = sizeof(float) * ModelSize.Of(config).Total;
        TrainingNeed?[] trainings =
            [null, new(""), new("", Cuts: true), new("", Scope: RecoveryScope.Lora(16)), new("", Scope: RecoveryScope.Scales)];
        foreach (var latency in new[] { false, true })
            foreach (var training in trainings)
                foreach (var bits in new[] { 0, 4, 8 })
                {
                    if (config.HasExperts && training is not null)
                        continue;
                    ResourcePlan Of(long tokens) => ResourcePlan.For(config, tokens, Window, latency, training, quantizedBits: bits, ggufBits: bits);
                    var (few, many) = (Of(64 * Window), Of(1024 * Window));
                    Assert.That(few.Stages.Select(stage => stage.MemoryBytes), Is.All.InRange(1L << 20, 60 * weights + (1L << 40)), "no sum overflows");
                    Assert.That(many.PeakMemoryBytes, Is.GreaterThanOrEqualTo(few.PeakMemoryBytes));
                    Assert.That(few.DiskBytes, Is.InRange(3 * weights, 40 * weights));
                    if (training?.Scope == RecoveryScope.All)
                        Assert.That(few.PeakMemoryBytes, Is.GreaterThanOrEqualTo(5 * weights));
                }
    }

    [TestCaseSource(nameof(Names))]
    public void What_a_model_does_not_get_is_refused_by_name(string name)
    {
        var config = RealShapes.Config(name);
        var plain = new PruneSettings { Model = "model", Out = "run", Target = new(Metric.Prunable, 0.5) };
        Assert.That(() => WorkloadCheck.Require(ExpertRuns.Of(plain, config), config), Throws.Nothing);
        Refused(() => WorkloadCheck.Require(plain with { Window = config.MaxPositions + 1 }, config), "`Window`");
        if (config.NormsBehind)
            Refused(() => WorkloadCheck.Require(plain with { Affine = true }, config), $"a {config.Family} has norms behind");
        if (config.HasExperts)
        {
            Refused(() => ExpertRuns.Of(plain with { Affine = true }, config), "the model has experts");
            Refused(() => ExpertRuns.Of(plain with { Polish = PolishChoice.On }, config), "`Polish`");
            Refused(() => ExpertRuns.RequireOneProcess(config), "prune it in one");
        }

        if (!config.ComputesAsLlama || config.QkNorm)
            Refused(() => PlanShapes.Decilm.Require(config), config.Family);
        else if (config.QkvBias)
            Refused(() => PlanShapes.Decilm.Require(config), "no biases");
        else if (config.Layers[0].QueryHeads * config.HeadDim != config.HiddenSize)
            Refused(() => PlanShapes.Decilm.Require(config), $"{config.Layers[0].QueryHeads} heads of {config.HeadDim}");
        else
            Assert.That(() => PlanShapes.Decilm.Require(config), Throws.Nothing);
    }

    private static void Refused(Action work, string named) => Assert.That(work, Throws.TypeOf<BadInputException>().With.Message.Contains(named));

    /// <summary>Less kept costs more, and the last of it most.</summary>
    private static double[][] Prices(BudgetedSpace space) => [.. space.Costs.Select((levels, item) =>
        levels.Select(level => (1 + ((item * 7) % 5)) * Math.Pow(1 - (level / levels[0]), 2)).ToArray())];

    /// <summary>All that is equal where it looks equal.</summary>
    private static ModelConfig Bare(ModelConfig config) => config with { Layers = [], Attention = [], Mlp = [], EosTokenIds = [] };
}
