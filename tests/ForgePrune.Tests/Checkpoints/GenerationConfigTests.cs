using ForgePrune.Checkpoints;
using ForgePrune.Model;
using ForgePrune.Testing;

namespace ForgePrune.Tests.Checkpoints;

/// <summary>Hugging Face generates by generation_config.json, so its ids win over those of config.json.</summary>
public sealed class GenerationConfigTests
{
    [TestCase("""{"bos_token_id":4,"eos_token_id":[3,2],"pad_token_id":0}""", 4, new[] { 3, 2 }, 0)]
    [TestCase("""{"eos_token_id":3}""", 1, new[] { 3 }, 5)]
    [TestCase("""{"bos_token_id":null,"eos_token_id":null,"pad_token_id":null}""", 1, new[] { 2 }, 5)]
    [TestCase("""{"pad_token_id":-1}""", 1, new[] { 2 }, 5)]
    [TestCase("""{"temperature":0.6,"transformers_version":"4.57.1"}""", 1, new[] { 2 }, 5)]
    public void Its_ids_win_where_it_names_them(string json, int begin, int[] ends, int pad)
    {
        using var folder = Made(json);
        using CheckpointModel model = DecoderModel.Open(folder["m"]);
        Assert.That((model.Config.BosTokenId, model.Config.PadTokenId), Is.EqualTo(((int?)begin, (int?)pad)));
        Assert.That(model.Config.EosTokenIds, Is.EqualTo(ends));
    }

    [TestCase("""{"eos_token_id":[3,64]}""", "eos_token_id 64 lies outside the vocabulary of 64")]
    [TestCase("""{"bos_token_id":"<s>"}""", "bos_token_id is '<s>'")]
    [TestCase("""{"eos_token_id":[3,"</s>"]}""", "eos_token_id is a list")]
    [TestCase("""{"eos_token_id":-2}""", "eos_token_id is -2")]
    [TestCase("""{"eos_token_id":2.5}""", "eos_token_id is 2.5")]
    [TestCase("""{"eos_token_id":true}""", "eos_token_id is true")]
    [TestCase("""{"eos_token_id":{"0":2}}""", "eos_token_id is an object")]
    [TestCase("""{"pad_token_id":64}""", "pad_token_id 64 lies outside")]
    [TestCase("""{"pad_token_id":-2}""", "pad_token_id is -2")]
    [TestCase("""{"pad_token_id":[0]}""", "pad_token_id is a list")]
    [TestCase("""{"eos_token_id":2,"eos_token_id":3}""", "valid JSON")]
    [TestCase("""[2]""", "an object is needed")]
    [TestCase("""{"eos_token_id":""", "valid JSON")]
    public void What_is_wrong_with_it_is_named(string json, string says)
    {
        using var folder = Made(json);
        Sentence.AssertBadInput(() => DecoderModel.Open(folder["m"]).Dispose(), "generation_config.json", says);
    }

    [Test]
    public void A_written_checkpoint_keeps_what_was_read()
    {
        using var folder = Made("""{"eos_token_id":[3,2]}""");
        using CheckpointModel model = DecoderModel.Open(folder["m"]);
        CheckpointWriter.Write(model, folder["again"]);
        using CheckpointModel again = DecoderModel.Open(folder["again"]);
        Assert.That((again.ContentHash, again.Config.PadTokenId), Is.EqualTo((model.ContentHash, (int?)5)));
        Assert.That(again.Config.EosTokenIds, Is.EqualTo(new[] { 3, 2 }));
    }

    [Test]
    public void Other_ids_make_another_model()
    {
        using var folder = Made("""{"pad_token_id":6}""");
        using CheckpointModel model = DecoderModel.Open(folder["m"]);
        string hash = model.ContentHash;
        File.Delete(folder["m/generation_config.json"]);
        using CheckpointModel other = DecoderModel.Open(folder["m"]);
        Assert.That(other.ContentHash, Is.Not.EqualTo(hash), "what the export says of padding depends on it");
    }

    private static TemporaryFolder Made(string generation)
    {
        var folder = new TemporaryFolder();
        ModelConfig config = SyntheticModels.Config() with { PadTokenId = 5 };
        using InMemoryModel model = SyntheticModels.Random(config, seed: 3);
        SyntheticCheckpoint.Write(model, folder["m"]);
        folder.Write("m/generation_config.json", generation);
        return folder;
    }
}
