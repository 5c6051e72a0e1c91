using ForgePrune.Errors;
using ForgePrune.Methods.Comparison;
using ForgePrune.Onnx.Sessions;
using ForgePrune.Pipeline;
using ForgePrune.Search.Costs;
using ForgePrune.Serving;

namespace ForgePrune.Onnx.Tests.Pipeline;

/// <summary>A model whose tokenizer cannot be read: what reads no text does without, and everything else says so before any work.</summary>
[Category("EndToEnd")]
public sealed class UnreadTokenizerTests : SyntheticRunFixture
{
    private static readonly Target Target = new(Metric.Prunable, 0.8);

    [OneTimeSetUp]
    public void Spoil()
    {
        File.WriteAllText(Folder["model/tokenizer.json"], """{"model":{"type":"Unigram","unk_id":0,"vocab":[["<unk>",0.0]]}}""");
        Folder.Write("letter.txt", "once upon a time");
    }

    [Test]
    public void A_run_on_token_ids_leaves_out_the_samples_and_says_so()
    {
        var heard = new Heard();
        PrunePipeline.Run(Settings("ids", Target), OnnxServing.Cpu, heard, default);
        Assert.That(heard.Notes, Has.Some.Contains("leaves out the sample texts").And.Some.Contains("cannot load the exported tokenizer"));
        Assert.That((Directory.Exists(Folder["ids/samples"]), File.Exists(Folder["ids/summary.json"])), Is.EqualTo((false, true)));
        Assert.That(File.ReadAllText(Folder["ids/proof/proof.json"]), Does.Contain("tokenizerFault"));
    }

    [Test]
    public void A_run_on_its_own_text_does_too()
    {
        var heard = new Heard();
        PrunePipeline.Run(Settings("self", Target) with { Calibration = null }, OnnxServing.Cpu, heard, default);
        Assert.That(heard.Notes, Has.Some.Contains("leaves out the sample texts"));
    }

    [Test]
    public void A_text_is_refused_before_any_work([Values] bool calibrates)
    {
        var settings = Settings("text", Target);
        settings = calibrates ? settings with { Calibration = Folder["letter.txt"] } : settings with { Evaluation = Folder["letter.txt"] };
        Assert.That(() => PrunePipeline.Run(settings, OnnxServing.Cpu, new Heard(), default),
            Throws.TypeOf<BadInputException>().With.Message.Contains("Unigram"));
        Assert.That(Directory.Exists(Folder["text"]), Is.False);
    }

    [Test]
    public void What_is_only_timed_reads_no_tokenizer()
    {
        using var model = ServedModel.Open(OnnxServing.Cpu, Folder["model"], threads: 1, readsText: false);
        Assert.That((model.Tokenizer, model.BeginTokenId), Is.EqualTo(((Tokens.Tokenizer?)null, (int?)null)));
        Assert.That(() => ServedModel.Open(OnnxServing.Cpu, Folder["model"], threads: 1, readsText: true),
            Throws.TypeOf<BadInputException>().With.Message.Contains("Unigram"));
    }
}
