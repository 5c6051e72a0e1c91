using ForgePrune.Checkpoints;
using ForgePrune.Testing;
using ForgePrune.Testing.Reference;

namespace ForgePrune.Onnx.Tests.Checkpoints;

/// <summary>Whatever is read computes what the files say: the way from bytes to logits against one that shares no code with it.</summary>
public sealed class ReadingTests
{
    private const int Seed = 20264;

    [Test]
    [Category("Slow")]
    public void Logits_of_random_checkpoints_equal_the_independent_forward()
    {
        int count = Fuzz.Count(240), first = Fuzz.Seed(Seed);
        TestContext.Out.WriteLine($"{count} combinations, seeds {first} to {first + count - 1}");
        var (worst, exported) = (0.0, 0);
        using var folder = new TemporaryFolder();
        for (var seed = first; seed < first + count; seed++)
        {
            var path = folder[$"{seed}"];
            var made = RandomCheckpoint.Write(seed, path);
            using var model = DecoderModel.Open(path);
            var ids = Judged.Ids(model, seed);
            var expected = new RawCheckpoint(path).Logits(ids);
            Require("blocks", Judged.Blocks(model, ids));
            // Exports refuse other head widths by name.
            if (model.Config.HeadDim % 8 == 0)
            {
                Require("export", Judged.Exported(model, ids, path + "-onnx"));
                exported++;
                Directory.Delete(path + "-onnx", recursive: true);
            }

            void Require(string way, float[] logits)
            {
                var distance = Judged.Distance(logits, expected);
                Assert.That(distance, Is.LessThan(Judged.Tolerance), $"seed {seed}, {way}: {made.Config}");
                worst = Math.Max(worst, distance);
            }
        }

        TestContext.Out.WriteLine($"{exported} exported, worst distance {worst:0.0e+0} of the largest logit");
        Assert.That(exported, Is.GreaterThan(count / 2));
    }

    [TestCaseSource(typeof(SyntheticExperts), nameof(SyntheticExperts.Names))]
    public void Checkpoints_with_experts_compute_what_their_files_say(string name)
    {
        using var folder = new TemporaryFolder();
        using (var made = SyntheticModels.Random(SyntheticExperts.All[name], Seed))
            CheckpointWriter.Write(made, folder["model"]);
        using var model = DecoderModel.Open(folder["model"]);
        var ids = Judged.Ids(model, Seed);
        var expected = new RawCheckpoint(folder["model"]).Logits(ids);
        Assert.That(Judged.Distance(Judged.Blocks(model, ids), expected), Is.LessThan(Judged.Tolerance));
        Assert.That(Judged.Distance(Judged.Exported(model, ids, folder["onnx"]), expected), Is.LessThan(Judged.Tolerance));
    }

    [TestCase("gemma3", "Gemma3ForConditionalGeneration", "gemma3_text")]
    [TestCase("gemma3", "Gemma3ForConditionalGeneration", "gemma3_text, linear rope")]
    public void A_decoder_inside_another_model_computes_what_it_does_alone(string type, string architecture, string name)
    {
        using var folder = new TemporaryFolder();
        using (var made = SyntheticModels.Random(SyntheticFamilies.Of(SyntheticModels.Config())[name], Seed))
        {
            CheckpointWriter.Write(made, folder["alone"]);
            CheckpointWriter.Write(made, folder["inside"]);
        }

        SyntheticWrapper.Wrap(folder["inside"], type, architecture, SyntheticWrapper.Spellings[1]);
        using var model = DecoderModel.Open(folder["inside"]);
        var ids = Judged.Ids(model, Seed);
        var expected = new RawCheckpoint(folder["alone"]).Logits(ids);
        Assert.That(Judged.Distance(Judged.Blocks(model, ids), expected), Is.LessThan(Judged.Tolerance));
        Assert.That(Judged.Distance(Judged.Exported(model, ids, folder["onnx"]), expected), Is.LessThan(Judged.Tolerance));
    }

    [Test]
    public void The_judge_sees_what_is_wrong()
    {
        using var folder = new TemporaryFolder();
        var checkpoint = SyntheticCheckpoint.Write(SyntheticModels.Random(SyntheticModels.Config(), Seed), folder["model"]);
        using var model = DecoderModel.Open(checkpoint);
        var ids = Judged.Ids(model, Seed);
        var logits = Judged.Blocks(model, ids);
        Assert.That(Judged.Distance(logits, new RawCheckpoint(checkpoint).Logits(ids)), Is.LessThan(Judged.Tolerance));
        foreach (var (key, value) in new[] { ("rope_theta", 20000.0), ("rms_norm_eps", 1e-2) })
        {
            SyntheticCheckpoint.EditConfig(checkpoint, config => config[key] = value);
            Assert.That(Judged.Distance(logits, new RawCheckpoint(checkpoint).Logits(ids)), Is.GreaterThan(10 * Judged.Tolerance), key);
        }
    }
}
