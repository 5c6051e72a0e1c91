using ForgePrune.Checkpoints;
using ForgePrune.Evaluation;
using ForgePrune.Model;
using ForgePrune.Onnx.Export;
using ForgePrune.Onnx.Forward;
using ForgePrune.Onnx.Tests.Providers;
using ForgePrune.Refit;
using ForgePrune.Search;
using ForgePrune.Serving;
using ForgePrune.Testing;
using ForgePrune.Tokens;

namespace ForgePrune.Onnx.Tests.Forward;

/// <summary>Output heads and embeddings of two bytes on their way from a checkpoint to what multiplies with them.</summary>
public sealed class StoredHeadTests
{
    private const int Seed = 20281;

    private static readonly ModelConfig Config = SyntheticModels.Config(layers: 2, headDim: 16, vocab: 101);

    private static readonly TokenWindows Text = new(6, [.. Enumerable.Range(0, 36).Select(i => i * 7 % Config.VocabSize)]);

    /// <summary>Float16 in memory that counts as a device's.</summary>
    private static BlockPlace Device => new(ServingProvider.Cpu, OnnxFloat.F16) { Memory = BoundDecoderTests.AsDevice };

    [TestCase("F16", true)]
    [TestCase("F16", false)]
    [TestCase("F32", true)]
    public void One_copy_of_a_head_serves_logits_and_scores_and_none_is_widened(string type, bool tied)
    {
        using var folder = new TemporaryFolder();
        using var model = StoredWeightsTests.Open(folder, type, Config with { TiedEmbeddings = tied });
        IDecoderModel stored = model;
        // Held, so that both are read once.
        var (embedding, head) = (stored.ReadStoredEmbedding(), stored.ReadStoredHead());
        Assert.That(ReferenceEquals(embedding, head), Is.EqualTo(tied));
        using OrtBlockRunner scores = new(Config, threads: 1, place: Device, scoring: ServingProvider.Cpu), logits = new(Config, threads: 1, place: Device);
        var (judged, expected) = (ModelEvaluation.Run(model, scores, Text), ModelEvaluation.Run(model, logits, Text));
        Assert.That(judged.NegativeLogLikelihoods, Is.EqualTo(expected.NegativeLogLikelihoods).Within(5e-6), "of the same bits, summed twice");
        var plan = new Plan([new(1, 2, Config.Layers[0].Ffn), Config.Layers[1]]);
        double[] Measured(OrtBlockRunner runner) => new PlanEvaluator(model, runner, new PrefixLevels(model)).Kl([plan], Text)[0];
        Assert.That(Measured(scores), Is.EqualTo(Measured(logits)).Within(5e-6), $"seed {Seed}");
        scores.Logits(model.ReadFinalNorm(), head, Made.Activations(1, 2, Config.HiddenSize, new Random(Seed)), [1]);
        Assert.That((scores.Heads.Made, logits.Heads.Made), Is.EqualTo((1, 1)));
        Assert.That((embedding.Narrow is not null, head.Narrow is not null), Is.EqualTo((type != "F32", type != "F32")), "as they are stored");
        scores.Rest();
        Assert.That(Measured(scores), Is.EqualTo(Measured(logits)).Within(5e-6), "made again after a rest");
        Assert.That(scores.Heads.Made, Is.EqualTo(2));
    }

    [Test]
    public void A_third_head_takes_the_place_of_the_one_that_was_used_the_longest_ago()
    {
        var random = new Random(Seed);
        Matrix[] heads = [.. Enumerable.Range(0, 3).Select(_ => Made.Matrix(Config.VocabSize, Config.HiddenSize, random))];
        var (norm, x) = (Made.Norm(Config.HiddenSize, random), Made.Activations(1, 3, Config.HiddenSize, random));
        foreach (var place in new[] { Device, NarrowBlockTests.Half })
        {
            using var runner = new OrtBlockRunner(Config, threads: 1, place: place);
            float[] Logits(Matrix head) => runner.Logits(norm, head, x, [2, 0]);
            float[][] first = [.. heads[..2].Select(Logits)];
            Assert.That((Logits(heads[0]), runner.Heads.Made), Is.EqualTo((first[0], 2)));
            Assert.That(Logits(new(Config.VocabSize, Config.HiddenSize, heads[1].Values)), Is.EqualTo(first[1]), "another matrix over the same values");
            Assert.That((Logits(heads[0]), runner.Heads.Made), Is.EqualTo((first[0], 2)));
            Logits(heads[2]);
            Assert.That((Logits(heads[0]), runner.Heads.Made), Is.EqualTo((first[0], 3)), "the second one went");
            Assert.That((Logits(heads[1]), runner.Heads.Made), Is.EqualTo((first[1], 4)));
        }
    }

    [Test]
    public void Models_made_of_a_checkpoint_have_its_vocabulary_as_it_is_stored()
    {
        using var folder = new TemporaryFolder();
        using var model = StoredWeightsTests.Open(folder, "BF16", Config);
        var (embedding, head) = (((IDecoderModel)model).ReadStoredEmbedding(), ((IDecoderModel)model).ReadStoredHead());
        var plan = new Plan([.. Config.Layers.Select(layer => layer with { Ffn = 8 })]);
        using var compact = CompactModel.Build(model, plan, new PrefixLevels(model));
        using var scaled = new LogitScale(0.9, 0).Apply(compact);
        foreach (var made in new[] { compact, scaled })
            Assert.That((made.ReadStoredEmbedding(), made.ReadStoredHead()), Is.EqualTo((embedding, head)));
        Assert.That(head.Narrow?.IsBFloat16, Is.True);
        var row = new float[Config.HiddenSize];
        embedding.CopyRow(5, row);
        Assert.That((row, embedding.Narrow is null), Is.EqualTo((model.ReadEmbedding().Row(5).ToArray(), false)), "a row, and no other");
    }

    /// <summary>What is stored in two bytes is to the processor what it was: float32, to the bit.</summary>
    [TestCase("F16")]
    [TestCase("BF16")]
    public void On_the_processor_evaluations_and_plans_have_the_bits_of_float32(string type)
    {
        using var folder = new TemporaryFolder();
        using var model = StoredWeightsTests.Open(folder, type, Config);
        using var wide = new InMemoryModel(
            Config, [.. Enumerable.Range(0, Config.Layers.Count).Select(model.ReadLayer)], model.ReadEmbedding(), model.ReadFinalNorm(), null);
        Assert.That((OnnxServing.Cpu.Provider, ((IServingRuntime)OnnxServing.Cpu).PlanMemory(Config, 2)), Is.EqualTo((ServingProvider.Cpu, (PassMemory?)null)));
        using var runner = OnnxServing.Cpu.Runner(Config, threads: 1);
        Assert.That((runner.Scores, ReferenceEquals(runner.HeadOf(model), model.ReadHead())), Is.EqualTo((false, true)));
        double[] Judged(IDecoderModel of) => ModelEvaluation.Run(of, runner, Text).NegativeLogLikelihoods;
        Assert.That(Judged(model), Is.EqualTo(Judged(wide)));
        Plan[] plans = [new([new(1, 2, 8), Config.Layers[1]]), new([Config.Layers[0], Config.Layers[1] with { Ffn = 5 }])];
        Assert.That(new PlanEvaluator(model, runner, new PrefixLevels(model)).Kl(plans, Text),
            Is.EqualTo(new PlanEvaluator(wide, runner, new PrefixLevels(wide)).Kl(plans, Text)));
    }
}
