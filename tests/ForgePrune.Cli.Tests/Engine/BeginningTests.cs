using System.Text.Json.Nodes;
using ForgePrune.Checkpoints;
using ForgePrune.Cli.Engine;
using ForgePrune.Generation;
using ForgePrune.Onnx;
using ForgePrune.Progress;
using ForgePrune.Serving;
using ForgePrune.Testing;
using ForgePrune.Tokens;
using ForgePrune.Tokens.Text;

namespace ForgePrune.Cli.Tests.Engine;

/// <summary>A checkpoint and its own export read a text alike, whatever says what it begins with.</summary>
public sealed class BeginningTests
{
    private const int Window = 16;

    private const string Text = "the cat sat at the mat and that cat sat at that hat; at 12 the cat had a hat and 34 mats, that is what the cat had at that.";

    [Test]
    [Category("Slow")]
    public void Perplexity_of_a_checkpoint_and_of_its_export_are_equal(
        [Values] bool template, [Values(true, false, null)] bool? addBos, [Values(5, null)] int? configBos,
            [Values(null, "LlamaTokenizer", "PreTrainedTokenizerFast", "Own")] string? tokenizerClass)
    {
        using var folder = new TemporaryFolder();
        var config = new JsonObject { ["bos_token"] = ByteTokenizer.BosToken, ["tokenizer_class"] = tokenizerClass };
        if (addBos is { } add)
            config["add_bos_token"] = add;
        Make(folder, configBos);
        ByteTokenizer.Write(folder["model"], template, config);
        folder.Write("text.txt", Text);
        ModelExport.Run(new ExportSettings(folder["model"], folder["onnx"], 1), NoProgress.Instance, default);
        WriteIds(folder, TokenizerReader.Load(folder["model"]).Encode(Text), addBos ?? template ? ByteTokenizer.Bos : null);

        var expected = Perplexity(folder["model"], folder["ids.bin"]);

        Assert.That(Perplexity(folder["model"], folder["text.txt"]), Is.EqualTo(expected));
        // Float32 sums in another order.
        Assert.That(Perplexity(folder["onnx"], folder["text.txt"]), Is.EqualTo(expected).Within(1e-5 * expected));
        WriteIds(folder, TokenizerReader.Load(folder["model"]).Encode(Text), addBos ?? template ? null : ByteTokenizer.Bos);
        Assert.That(Perplexity(folder["model"], folder["ids.bin"]), Is.Not.EqualTo(expected).Within(1e-3 * expected),
            "what a text begins with makes a difference");
    }

    [Test]
    public void Ids_need_no_tokenizer_and_a_text_needs_one_that_can_be_read()
    {
        using var folder = new TemporaryFolder();
        Make(folder, bos: 1);
        ModelExport.Run(new ExportSettings(folder["model"], folder["onnx"], 1), NoProgress.Instance, default);
        WriteIds(folder, [.. Enumerable.Range(3, 64)], null);
        folder.Write("text.txt", Text);
        foreach (var model in (string[])["model", "onnx"])
        {
            var expected = Perplexity(folder[model], folder["ids.bin"]);
            folder.Write($"{model}/tokenizer.json", """{"model":{"type":"Unigram"}}""");
            Assert.That(Perplexity(folder[model], folder["ids.bin"]), Is.EqualTo(expected), model);
            Assert.That(() => Perplexity(folder[model], folder["text.txt"]), Throws.TypeOf<Errors.BadInputException>().With.Message.Contains("Unigram"), model);
        }
    }

    [Test]
    public void Ids_without_text_do_not_end_a_continuation()
    {
        using var folder = new TemporaryFolder();
        Make(folder, bos: null);
        ByteTokenizer.Write(folder["model"]);
        var written = new List<string>();
        var result = TextContinuation.Run(new GenerateSettings(folder["model"], "the cat", 48, 1, ServingProvider.Cpu), written.Add, _ => { }, default);
        var tokenizer = TokenizerReader.Load(folder["model"]);
        using var model = ServedModel.Open(OnnxServing.Cpu, folder["model"], 1, readsText: false);
        var ids = TextGeneration.Continue(model.Decoder, tokenizer.Encode("the cat"), 48, TokenSampler.Greedy(), [.. model.EosTokenIds]).ToArray();
        Assert.That(ids.Count(id => !tokenizer.Has(id)), Is.Positive, "the made model must write such ids");
        Assert.That(result.Text, Is.EqualTo(tokenizer.DecodeKnown([.. tokenizer.Encode("the cat"), .. ids.TakeWhile(id => !model.EosTokenIds.Contains(id))])));
        Assert.That(result.Text, Does.StartWith(string.Concat(written)));
    }

    /// <summary>A vocabulary padded to half as many ids again as its tokenizer has.</summary>
    private static void Make(TemporaryFolder folder, int? bos)
    {
        var config = SyntheticModels.Config(layers: 1, vocab: ByteTokenizer.Count * 3 / 2) with { TiedEmbeddings = false, BosTokenId = bos };
        using var model = SyntheticModels.Random(config, seed: 4);
        SyntheticCheckpoint.Write(model, folder["model"]);
        SyntheticCheckpoint.EditConfig(folder["model"], json => json["bos_token_id"] = bos);
    }

    private static void WriteIds(TemporaryFolder folder, int[] ids, int? begin)
    {
        var kept = begin is null ? Window : Window - 1;
        TokenFile.Write(folder["ids.bin"], new TokenWindows(Window,
            [.. ids.Chunk(kept).Where(row => row.Length == kept).SelectMany(row => begin is { } first ? row.Prepend(first) : row)]));
    }

    private static double Perplexity(string model, string text) =>
        TextEvaluation.Run(new TextSettings(model, text, null, Window, 1), OnnxServing.Cpu, NoProgress.Instance, default).Perplexity;
}
