using ForgePrune.Errors;
using ForgePrune.Generation;
using ForgePrune.Model;
using ForgePrune.Onnx.Export;
using ForgePrune.Onnx.Sessions;
using ForgePrune.Quantization;
using ForgePrune.Serving;
using ForgePrune.Testing.Reference;
using ForgePrune.Testing;

namespace ForgePrune.Onnx.Tests.Export;

public sealed class OnnxExporterTests
{
    /// <summary>Largest difference of logits as a share of the largest logit. Float32 sums of some hundred terms err by about 1e-6; the bound
    /// is what the project promises of an export.</summary>
    private const double LogitTolerance = 1e-4;

    [TestCaseSource(typeof(ExportCases), nameof(ExportCases.InFloat32))]
    public void Export_computes_the_logits_of_the_model(ModelConfig config)
    {
        using var folder = new TemporaryFolder();
        using var model = SyntheticModels.Random(config, seed: 1);
        OnnxExporter.Write(model, folder["onnx"], tokenizer: null);
        var ids = Ids(24, config.VocabSize);
        using var decoder = OnnxDecoder.Open(folder["onnx"], threads: 1);
        Assert.That(Difference(decoder.Logits(ids), ReferenceModel.Logits(model, ids)), Is.LessThan(LogitTolerance));
    }

    [TestCaseSource(typeof(ExportCases), nameof(ExportCases.InFloat32))]
    public void Tokens_read_one_by_one_give_the_logits_of_all_read_at_once(ModelConfig config)
    {
        using var folder = new TemporaryFolder();
        using var model = SyntheticModels.Random(config, seed: 2);
        OnnxExporter.Write(model, folder["onnx"], tokenizer: null);
        var ids = Ids(12, config.VocabSize);
        using var decoder = OnnxDecoder.Open(folder["onnx"], threads: 1);
        using var state = decoder.NewState(batch: 1, ids.Length);
        var stepped = ids.SelectMany(id => state.Append([id]).ToArray()).ToArray();
        Assert.That(Difference(stepped, decoder.Logits(ids)), Is.LessThan(LogitTolerance));
    }

    [TestCaseSource(typeof(ExportCases), nameof(ExportCases.InFloat32))]
    public void GenAI_continues_with_the_same_64_greedy_tokens(ModelConfig config)
    {
        using var folder = new TemporaryFolder();
        using var model = SyntheticModels.Random(config with { EosTokenIds = [] }, seed: 3);
        OnnxExporter.Write(model, folder["onnx"], tokenizer: null);
        var prompt = Ids(5, config.VocabSize);
        using var decoder = OnnxDecoder.Open(folder["onnx"], threads: 1);
        using var genAi = GenAiDecoder.Open(folder["onnx"]);
        var ours = decoder.Continue(prompt, 64, TokenSampler.Greedy()).ToArray();
        Assert.That(ours, Has.Length.EqualTo(64));
        Assert.That(genAi.Greedy(prompt, 64), Is.EqualTo(ours));
    }

    [Test]
    public void A_batch_gives_each_row_the_logits_it_has_alone()
    {
        using var folder = new TemporaryFolder();
        using var model = SyntheticModels.Random(ExportCases.Unequal, seed: 4);
        OnnxExporter.Write(model, folder["onnx"], tokenizer: null);
        using var decoder = OnnxDecoder.Open(folder["onnx"], threads: 1);
        int[] first = [3, 1, 4, 1], second = [5, 9, 2, 6];
        using var state = decoder.NewState(batch: 2, capacity: 4);
        float[] prefill = state.Append([.. first[..3], .. second[..3]]).ToArray(), step = state.Append([first[3], second[3]]).ToArray();
        var vocab = model.Config.VocabSize;
        float[] together = [.. prefill[..(3 * vocab)], .. step[..vocab], .. prefill[(3 * vocab)..], .. step[vocab..]];
        Assert.That(Difference(together, [.. decoder.Logits(first), .. decoder.Logits(second)]), Is.LessThan(LogitTolerance));
    }

    [Test]
    public void Equal_models_are_written_as_equal_bytes()
    {
        using var folder = new TemporaryFolder();
        using var model = SyntheticModels.Random(ExportCases.Unequal, seed: 5);
        OnnxExporter.Write(model, folder["a"], tokenizer: null);
        OnnxExporter.Write(model, folder["b"], tokenizer: null);
        var names = Directory.GetFiles(folder["a"]).Select(file => Path.GetFileName(file)).Order().ToArray();
        Assert.That(names, Is.EqualTo(new[] { "genai_config.json", "model.onnx", "model.onnx.data" }));
        foreach (var name in names)
            Assert.That(File.ReadAllBytes(Path.Combine(folder["b"], name)), Is.EqualTo(File.ReadAllBytes(Path.Combine(folder["a"], name))), name);
    }

    [Test]
    public void A_tied_head_is_stored_once()
    {
        using var folder = new TemporaryFolder();
        using var model = SyntheticModels.Random(SyntheticModels.Config(layers: 0, vocab: 4096), seed: 6);
        OnnxExporter.Write(model, folder["onnx"], tokenizer: null);
        var embedding = 4L * model.Config.VocabSize * model.Config.HiddenSize;
        Assert.That(new FileInfo(Path.Combine(folder["onnx"], OnnxExporter.DataFile)).Length, Is.LessThan(embedding * 1.1));
    }

    [Test]
    public void A_folder_that_exists_is_left_alone()
    {
        using var folder = new TemporaryFolder();
        using var model = SyntheticModels.Random(ExportCases.Plain, seed: 7);
        Assert.That(() => OnnxExporter.Write(model, folder.Path, tokenizer: null), Throws.TypeOf<BadInputException>().With.Message.Contains("exists already"));
        Assert.That(Directory.EnumerateFileSystemEntries(folder.Path), Is.Empty);
    }

    [Test]
    public void A_place_that_cannot_be_written_is_a_broken_environment()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["file"], "");
        using var model = SyntheticModels.Random(ExportCases.Plain, seed: 8);
        Assert.That(() => OnnxExporter.Write(model, Path.Combine(folder["file"], "onnx"), tokenizer: null),
            Throws.TypeOf<BrokenEnvironmentException>().With.Message.Contains("cannot write"));
    }

    [Test]
    public void A_model_that_fails_half_way_leaves_nothing()
    {
        using var folder = new TemporaryFolder();
        using var whole = SyntheticModels.Random(ExportCases.Plain, seed: 9);
        using var failing = new InMemoryModel(whole.Config, index => index == 0 ? whole.ReadLayer(0) : throw new BadInputException("layer 1 is broken"),
            whole.ReadEmbedding(), whole.ReadFinalNorm(), null);
        Assert.That(() => OnnxExporter.Write(failing, folder["onnx"], tokenizer: null), Throws.TypeOf<BadInputException>());
        Assert.That(Directory.EnumerateFileSystemEntries(folder.Path), Is.Empty);
    }

    [Test]
    public void A_head_width_that_the_runtime_cannot_rotate_is_refused()
    {
        using var folder = new TemporaryFolder();
        using var model = SyntheticModels.Random(SyntheticModels.Config(headDim: 12), seed: 10);
        Assert.That(() => OnnxExporter.Write(model, folder["onnx"], tokenizer: null),
            Throws.TypeOf<BadInputException>().With.Message.Contains("head_dim is 12"));
    }

    internal static int[] Ids(int count, int vocab)
    {
        var random = new Random(42);
        return [.. Enumerable.Range(0, count).Select(_ => random.Next(vocab))];
    }

    internal static double Difference(float[] actual, float[] expected)
    {
        Assert.That(actual, Has.Length.EqualTo(expected.Length));
        double scale = expected.Max(MathF.Abs);
        return actual.Zip(expected, (a, b) => Math.Abs((double)a - b)).Max() / scale;
    }
}
