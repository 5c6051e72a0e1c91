using System.Text.Json.Nodes;
using ForgePrune.Checkpoints;
using ForgePrune.Errors;
using ForgePrune.Evaluation;
using ForgePrune.Model;
using ForgePrune.Onnx.Forward;
using ForgePrune.Onnx.Generation;
using ForgePrune.Onnx.Pipeline;
using ForgePrune.Onnx.Sessions;
using ForgePrune.Quantization;
using ForgePrune.Runs;
using ForgePrune.Scores;
using ForgePrune.Search;
using ForgePrune.Search.Costs;
using ForgePrune.Testing;
using ForgePrune.Tokens.Text;

namespace ForgePrune.Onnx.Tests.Pipeline;

/// <summary>The whole way from a checkpoint to a measured model, on one that is made in a moment.</summary>
[NonParallelizable]
public sealed class PrunePipelineTests
{
    private static readonly string[] Methods = [.. MethodCatalog.All.Select(method => method.Name)];

    private TemporaryFolder folder = null!;
    private string? cache;

    [OneTimeSetUp]
    public void Make()
    {
        folder = new TemporaryFolder();
        MadeRun.Write(folder);
        // Times measured for tests do not belong into the user's cache.
        cache = Environment.GetEnvironmentVariable("XDG_CACHE_HOME");
        Environment.SetEnvironmentVariable("XDG_CACHE_HOME", folder["cache"]);
    }

    [OneTimeTearDown]
    public void Remove()
    {
        Environment.SetEnvironmentVariable("XDG_CACHE_HOME", cache);
        folder.Dispose();
    }

    [Test]
    public void Every_method_keeps_its_budget_and_proves_its_model([ValueSource(nameof(Methods))] string method) =>
        RequireConsistent(Settings($"method-{method}", new Target(Metric.Prunable, 0.6)) with { Method = method }, mayMiss: false);

    [Test]
    public void Proposals_are_counted_in_plan_and_summary_and_the_model_itself_may_propose()
    {
        var model = folder["model-with-tokenizer"];
        Directory.CreateDirectory(model);
        foreach (var file in Directory.GetFiles(folder["model"]))
            File.Copy(file, Path.Combine(model, Path.GetFileName(file)));
        RateTokenizer.Write(model, count: MadeRun.Vocab);
        MadeCheckpoint.EditConfig(model, config => config["max_position_embeddings"] = 512);
        var settings = Settings("local", new Target(Metric.Prunable, 0.5)) with { Model = model, Method = "self-pruner", Proposer = new(ProposerSettings.Local) };
        var heard = new Heard();
        var counts = PrunePipeline.Run(settings, heard, default).Summary.Proposals!;
        Assert.That((counts.Proposer, counts.Malformed, counts.FromEvolution, counts.Usable), Is.EqualTo(("local", 0, 0, counts.Asked)));
        Assert.That((int?)Last(settings.Out, "search", "plan")!["proposals"]!["asked"], Is.EqualTo(counts.Asked).And.GreaterThan(20));
        Assert.That(heard.Notes, Has.One.EqualTo(counts.ToString()));
        PrunePipeline.Run(settings with { Out = folder["local-2"], Proposer = new(ProposerSettings.Local, Model: model) }, NoProgress.Instance, default);
        Assert.That(FolderBytes.OfResult(folder["local-2"]), Is.EqualTo(FolderBytes.OfResult(settings.Out)), "the same model, named or not, with the same seed");
    }

    [Test]
    public void A_proposer_that_cannot_work_is_refused_before_any_work()
    {
        var settings = Settings("mute", new Target(Metric.Prunable, 0.5)) with { Method = "self-pruner", Proposer = new(ProposerSettings.Local) };
        Assert.That(() => PrunePipeline.Run(settings, NoProgress.Instance, default), Throws.TypeOf<BadInputException>().With.Message.Contains("no tokenizer"));
        Assert.That(Directory.Exists(settings.Out), Is.False);
    }

    [Test]
    public void An_endpoint_that_is_not_there_is_said_and_counted()
    {
        var settings = Settings("nobody", new Target(Metric.Prunable, 0.5)) with
        {
            Method = "self-pruner",
            Proposer = new(ProposerSettings.Endpoint, new Uri("http://127.0.0.1:1/v1"), "made"),
        };
        var heard = new Heard();
        var counts = PrunePipeline.Run(settings, heard, default).Summary.Proposals!;
        Assert.That((counts.FailedRequests, counts.Usable, counts.FromEvolution), Is.EqualTo((3, 0, counts.Asked)));
        Assert.That(heard.Notes, Has.One.Contains("gave no answer").And.One.Contains("is given up"));
    }

    [Test]
    public void Selection_says_whether_it_trained_and_both_ways_of_not_training_are_one()
    {
        var target = new Target(Metric.Prunable, 0.5);
        (string? Training, string[] Notes) Run(PruneSettings settings)
        {
            var heard = new Heard();
            return (PrunePipeline.Run(settings, heard, default).Summary.CandidateTraining, [.. heard.Notes]);
        }

        var trained = Run(Settings("darwin", target) with { Method = "darwinlm", SelectionTokens = 256 });
        Assert.That(trained.Training, Is.EqualTo("kl, 32/64/128/256 tokens by stage"));
        Assert.That(trained.Notes, Has.None.Contains("without training"));
        Assert.That((string?)Last(folder["darwin"], "search", "plan")!["candidateTraining"], Is.EqualTo(trained.Training));
        foreach (var (name, settings) in new[]
        {
            ("darwin-none", Settings("darwin-none", target) with { Method = "darwinlm", SelectionTokens = 0 }),
            ("darwin-untrained", Settings("darwin-untrained", target) with { Method = "darwinlm-untrained" }),
        })
        {
            var untrained = Run(settings);
            Assert.That(untrained.Training, Is.EqualTo("none"), name);
            Assert.That(untrained.Notes, Has.One.Contains("without training"), name);
        }

        Assert.That(FolderBytes.OfResult(folder["darwin-none"]), Is.EqualTo(FolderBytes.OfResult(folder["darwin-untrained"])));
    }

    [Test]
    public void Selection_with_training_is_the_same_for_the_same_seed_and_goes_on_where_it_was_stopped()
    {
        PruneSettings Trained(string name) => Settings(name, new Target(Metric.Prunable, 0.5)) with { Method = "darwinlm", SelectionTokens = 256 };
        PrunePipeline.Run(Trained("darwin-whole"), NoProgress.Instance, default);
        using var stop = new CancellationTokenSource();
        Assert.That(() => PrunePipeline.Run(Trained("darwin-stopped"), new StopIn("search: evolution", 2, stop), stop.Token), Throws.InstanceOf<OperationCanceledException>());
        Assert.That(Directory.GetFiles(folder["darwin-stopped/search-state"], "evolution.json", SearchOption.AllDirectories), Has.Length.EqualTo(1));
        PrunePipeline.Run(Trained("darwin-stopped"), NoProgress.Instance, default);
        Assert.That(FolderBytes.OfResult(folder["darwin-stopped"]), Is.EqualTo(FolderBytes.OfResult(folder["darwin-whole"])));
    }

    [Test]
    public void Affine_refits_are_exported_too() =>
        RequireConsistent(Settings("affine", new Target(Metric.Prunable, 0.6)) with { Affine = true }, mayMiss: false);

    [TestCase(Metric.Parameters, 0.7)]
    [TestCase(Metric.Bytes, 0.7)]
    public void Sizes_reach_their_target(Metric metric, double share) => RequireConsistent(Settings($"{metric}", new Target(metric, share)), mayMiss: false);

    [TestCase(4, QuantizationMethod.Gptq)]
    [TestCase(8, QuantizationMethod.Rtn)]
    public void A_quantised_model_is_written_too_and_judged_by_its_file(int bits, QuantizationMethod method)
    {
        var quantize = new QuantizationSettings(bits, method, 32);
        var settings = Settings($"quantised-{bits}", new Target(Metric.Prunable, 0.6)) with { Quantize = quantize };
        var summary = PrunePipeline.Run(settings, NoProgress.Instance, default).Summary;
        RequireSameTokens(Path.Combine(settings.Out, "onnx"));
        RequireSameTokens(Path.Combine(settings.Out, $"onnx-{quantize.Name}"));
        Assert.That(FolderBytes.Unfinished(settings.Out), Is.Empty);

        var found = summary.Quantized!;
        Assert.That((found.Bits, found.Method, found.Block), Is.EqualTo((bits, quantize.MethodName, 32)));
        Assert.That(found.Bytes, Is.LessThan(summary.Bytes.After));
        // Random weights: rounding them moves the perplexity of a vocabulary of 200 by per cents, a wrong file by far more.
        Assert.That(found.Perplexity, Is.EqualTo(summary.Perplexity.Pruned).Within(bits == 8 ? 2 : 10).Percent);
        Assert.That(found.Kl, Is.GreaterThan(0));
        foreach (var ratio in new[] { found.Speedup!.Prefill, found.Speedup.Decode, found.OverPruned!.Prefill, found.OverPruned.Decode })
            Assert.That(ratio.Low, Is.GreaterThan(0).And.LessThanOrEqualTo(ratio.Measured).And.LessThanOrEqualTo(ratio.High));
        Assert.That((int?)JsonNode.Parse(File.ReadAllText(Path.Combine(settings.Out, "summary.json")))!["quantized"]!["bits"], Is.EqualTo(bits));

        Assert.That(File.ReadAllText(Path.Combine(settings.Out, "report.html")), Does.Contain($"<th scope=row>int{bits}, {quantize.MethodName}</th>"));

        var heard = new Heard();
        var again = PrunePipeline.Run(settings, heard, default).Summary;
        Assert.That(again.Quantized, Is.EqualTo(found));
        Assert.That(heard.Stages, Is.Empty, "nothing is done again");
        Assert.That(PrunePipeline.Run(settings with { Memory = 1 << 20 }, NoProgress.Instance, default).Summary.Quantized!.Perplexity, Is.Null);
    }

    [TestCase(Metric.Prefill)]
    [TestCase(Metric.Decode)]
    [TestCase(Metric.Mix)]
    public void Speeds_are_reached_or_the_shortfall_is_said(Metric metric) =>
        RequireConsistent(Settings($"{metric}", new Target(metric, 1 / 1.1)), mayMiss: true);

    [Test]
    public void The_same_seed_gives_the_same_bytes_and_the_same_call_finishes_at_once()
    {
        var target = new Target(Metric.Prunable, 0.5);
        PrunePipeline.Run(Settings("first", target), NoProgress.Instance, default);
        PrunePipeline.Run(Settings("second", target), NoProgress.Instance, default);
        var bytes = FolderBytes.OfResult(folder["first"]);
        Assert.That(bytes, Has.Length.GreaterThan(5).And.EqualTo(FolderBytes.OfResult(folder["second"])));

        var summary = File.ReadAllText(folder["first/summary.json"]);
        var heard = new Heard();
        PrunePipeline.Run(Settings("first", target), heard, default);
        Assert.That(File.ReadAllText(folder["first/summary.json"]), Is.EqualTo(summary), "nothing is measured again");
        Assert.That(heard.Stages, Is.Empty);
    }

    [Test]
    public void A_speed_run_that_is_complete_is_not_measured_again()
    {
        var settings = Settings("again", new Target(Metric.Decode, 1 / 1.5));
        var first = PrunePipeline.Run(settings, NoProgress.Instance, default);
        var heard = new Heard();
        var second = PrunePipeline.Run(settings, heard, default);
        Assert.That(second.Summary.Speedup, Is.EqualTo(first.Summary.Speedup));
        Assert.That(second.Shortfall, Is.EqualTo(first.Shortfall));
        Assert.That(heard.Stages, Is.Empty);
    }

    [Test]
    public void Stages_that_take_long_say_how_far_they_are()
    {
        var heard = new Heard();
        PrunePipeline.Run(Settings("heard", new Target(Metric.Decode, 1 / 1.1)) with { Calibration = null }, heard, default);
        foreach (var stage in (string[])["text", "calibration", "levels", "search: prices", "search: refinement", "search: evolution", "refit", "timing", "proof"])
        {
            Assert.That(heard.Stages, Contains.Key(stage));
            Assert.That(heard.Stages[stage].Count, Is.GreaterThan(1), stage);
            Assert.That(heard.Stages[stage][^1], Is.EqualTo(1), stage);
        }
    }

    [Test]
    public void What_does_not_fit_the_memory_is_left_out_aloud_and_done_once_it_fits()
    {
        var settings = Settings("memory", new Target(Metric.Prunable, 0.6));
        var heard = new Heard();
        var summary = PrunePipeline.Run(settings with { Memory = 1 << 20 }, heard, default).Summary;
        Assert.That(summary.Speedup, Is.Null);
        var written = JsonNode.Parse(File.ReadAllText(Path.Combine(settings.Out, "summary.json")))!.AsObject();
        Assert.That(written.ContainsKey("speedup"), Is.True);
        Assert.That(written["speedup"], Is.Null);
        Assert.That(heard.Notes, Has.One.StartsWith("timing is skipped").And.One.Contains("the exported file equals").And.Some.Contains("1.0 MiB"));

        var again = PrunePipeline.Run(settings, NoProgress.Instance, default).Summary;
        Assert.That(again.Speedup!.Decode.Measured, Is.Positive);
        Assert.That(again.Kl, Is.EqualTo(summary.Kl));
        Assert.That(File.ReadAllText(Path.Combine(settings.Out, "proof", "proof.json")), Does.Contain("exportDifference"));
    }

    [Test]
    public void The_ways_of_large_models_keep_budget_and_proof_and_resume()
    {
        var settings = Settings("large", new Target(Metric.Parameters, 0.7)) with { Quick = false };
        var large = new LargeModels(0, 0);
        var heard = new Heard();
        RequireConsistent(settings, mayMiss: false, large, heard);
        Assert.That(heard.Notes, Has.Some.Contains("one after the other"));
        Assert.That(heard.Stages.Keys, Has.None.Contains("evolution").And.None.EqualTo("refit"), "the contest's refit is the one that stays");
        var contest = JsonNode.Parse(File.ReadAllText(Path.Combine(settings.Out, "contest-1", "contest.json")))!;
        Assert.That(contest["contenders"]!.AsArray(), Has.Count.EqualTo(1));
        Assert.That(Directory.Exists(Path.Combine(settings.Out, "levels-state")), Is.False, "of no use any more");

        var again = new Heard();
        RequireConsistent(settings, mayMiss: false, large, again);
        Assert.That(again.Stages, Is.Empty);
        RequireConsistent(settings with { Out = folder["large-2"] }, mayMiss: false, large);
        Assert.That(FolderBytes.OfResult(folder["large-2"]), Is.EqualTo(FolderBytes.OfResult(settings.Out)));
    }

    [TestCase(Metric.Prefill)]
    [TestCase(Metric.Decode)]
    [TestCase(Metric.Mix)]
    public void A_speed_that_cannot_be_measured_is_refused(Metric metric) =>
        Assert.That(() => PrunePipeline.Run(Settings($"small-{metric}", new Target(metric, 1 / 1.1)) with { Memory = 1 << 20 }, NoProgress.Instance, default),
            Throws.TypeOf<BadInputException>().With.Message.Contains("raise --memory"));

    private static void RequireConsistent(PruneSettings settings, bool mayMiss, LargeModels? sizes = null, IProgressReport? progress = null)
    {
        var outcome = PrunePipeline.Run(settings, sizes ?? LargeModels.Usual, progress ?? NoProgress.Instance, default);
        if (!mayMiss)
            Assert.That(outcome.Shortfall, Is.Null);
        var summary = outcome.Summary;
        var written = JsonNode.Parse(File.ReadAllText(Path.Combine(settings.Out, "summary.json")))!;
        foreach (var name in (string[])["parameters", "bytes", "layers", "speedup", "perplexity", "kl", "seconds", "device", "versions", "manifest"])
            Assert.That(written[name], Is.Not.Null, name);
        foreach (var name in (string[])["measured", "low", "high"])
            Assert.That((double?)written["speedup"]!["decode"]![name], Is.GreaterThan(0), name);
        Assert.That(FolderBytes.Unfinished(settings.Out), Is.Empty);

        using var dense = DecoderModel.Open(settings.Model);
        using var pruned = DecoderModel.Open(Path.Combine(settings.Out, "safetensors"));
        var plan = LastPlan(settings.Out);
        Assert.That(pruned.Config.Layers, Is.EqualTo(plan));
        Assert.That(summary.Layers.Select(layer => new LayerShape(layer.KvGroups, layer.QueryHeads, layer.Ffn)), Is.EqualTo(plan));
        Assert.That(summary.Parameters, Is.EqualTo(new BeforeAfter(ModelSize.Of(dense.Config).Total, ModelSize.Of(pruned.Config).Total)));
        if (!settings.Target.Metric.IsLatency())
        {
            var cost = CostModels.For(settings.Target.Metric, dense.Config, null, 1);
            Assert.That(cost.Of(new Plan(plan)), Is.LessThanOrEqualTo(settings.Target.Budget(cost.Of(new Plan(dense.Config.Layers)))));
        }

        RequireSamePerplexity(settings, pruned, summary.Perplexity.Pruned);
        RequireSameTokens(Path.Combine(settings.Out, "onnx"));
    }

    private static void RequireSamePerplexity(PruneSettings settings, CheckpointModel pruned, double expected)
    {
        var (_, heldOut) = TokenFile.Read(settings.Calibration!, settings.Window, pruned.Config.VocabSize).HoldOut(8, settings.Seed);
        using var runner = new OrtBlockRunner(pruned.Config, settings.Threads);

        // The same weights in the same arithmetic: what was written is what was proven.
        Assert.That(ModelEvaluation.Run(pruned, runner, heldOut).Perplexity, Is.EqualTo(expected).Within(1e-9).Percent);
    }

    private static void RequireSameTokens(string onnx)
    {
        const int End = 2;
        int[] prompt = [1, 17, 40, 99];
        using var decoder = OnnxDecoder.Open(onnx, threads: 1);
        using var genAi = GenAiDecoder.Open(onnx);
        var ours = decoder.Continue(prompt, 64, TokenSampler.Greedy(), [End]).ToArray();
        // GenAI stops at the end token too, but does not hand it out.
        Assert.That(genAi.Greedy(prompt, 64), Is.EqualTo(ours.TakeWhile(id => id != End)));
    }

    /// <summary>What the last contest chose, or the last search where the method holds no contest.</summary>
    private static LayerShape[] LastPlan(string run)
    {
        if (Last(run, "contest") is { } contest)
            return Shapes(contest["contenders"]!.AsArray().Single(contender => (string?)contender!["name"] == (string?)contest["chosen"])!["layers"]!);
        return Shapes(Last(run, "search", "plan")!["layers"]!);
    }

    private static JsonNode? Last(string run, string stage, string? file = null) =>
        Directory.GetDirectories(run, $"{stage}-*").Select(path => Path.Combine(path, $"{file ?? stage}.json")).Where(File.Exists)
            .Order(StringComparer.Ordinal).LastOrDefault() is { } last ? JsonNode.Parse(File.ReadAllText(last)) : null;

    private static LayerShape[] Shapes(JsonNode layers) =>
        [.. layers.AsArray().Select(layer => new LayerShape((int)layer!["kvHeads"]!, (int)layer["queryHeads"]!, (int)layer["ffn"]!))];

    private PruneSettings Settings(string name, Target target) => MadeSettings.Of(folder, name) with { Target = target };

    /// <summary>Stops a run once a stage says that it has done so much.</summary>
    private sealed class StopIn(string stage, long after, CancellationTokenSource stop) : IProgressReport
    {
        public void Report(string name, long done, long total, string message = "")
        {
            if (name == stage && done >= after)
                stop.Cancel();
        }

        public void Note(string message)
        {
        }
    }

    private sealed class Heard : IProgressReport
    {
        public Dictionary<string, List<double>> Stages { get; } = [];

        public void Report(string stage, long done, long total, string message = "")
        {
            if (!Stages.TryGetValue(stage, out var shares))
                Stages[stage] = shares = [];
            shares.Add((double)done / total);
        }

        public List<string> Notes { get; } = [];

        public void Note(string message) => Notes.Add(message);
    }
}
