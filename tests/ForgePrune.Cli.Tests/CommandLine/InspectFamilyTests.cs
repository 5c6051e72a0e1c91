using System.Text.Json;
using ForgePrune.Testing;

namespace ForgePrune.Cli.Tests.CommandLine;

/// <summary>What inspect says of families.</summary>
[Parallelizable(ParallelScope.All)]
public sealed class InspectFamilyTests
{
    [Test]
    public void A_family_that_is_not_read_is_described_with_the_reason()
    {
        using var folder = new TemporaryFolder();
        folder.Write("config.json", """{"model_type": "mamba", "hidden_size": 768}""");
        var tool = Tool.Run(folder, "inspect", ".");
        Assert.That(tool.ExitCode, Is.Zero, tool.Error);
        Assert.That(Words(tool.Output), Does.Contain("no attention").And.Contain("no: layers of a recurrent kind").And.Contain("nothing of it"));
        using var json = JsonDocument.Parse(Tool.Run(folder, "inspect", ".", "--json").Output);
        Assert.That(json.RootElement.GetProperty("support").GetProperty("refused").GetString(), Does.Contain("recurrent kind"));
        // Other verbs refuse it as they refuse any.
        Assert.That(Tool.Run(folder, "export", ".", "--out", "onnx").ExitCode, Is.EqualTo(2));
    }

    [Test]
    public void A_family_that_is_read_is_told_with_what_is_special_and_prunable()
    {
        using var folder = new TemporaryFolder();
        using (var model = SyntheticModels.Random(SyntheticFamilies.Of(SyntheticModels.Config(layers: 4))["smollm3"] with { RotaryDim = null }, seed: 1))
            SyntheticCheckpoint.Write(model, folder["smollm3"]);
        using (var model = SyntheticModels.Random(SyntheticFamilies.Of(SyntheticModels.Config())["granite"], seed: 1))
            SyntheticCheckpoint.Write(model, folder["granite"]);
        using (var model = SyntheticModels.Random(SyntheticExperts.Mixtral(), seed: 1))
            SyntheticCheckpoint.Write(model, folder["mixtral"]);
        Assert.That(Words(Tool.Run(folder, "inspect", "mixtral").Output), Does.Contain("12 channels each, 2 for a token, weights divided by their sum")
            .And.Contain("FFN channels: whole experts, and channels of each, alike in all layers"));
        var tool = Tool.Run(folder, "inspect", "smollm3");
        Assert.That(tool.ExitCode, Is.Zero, tool.Error);
        Assert.That(Words(tool.Output), Does.Contain("layers 3 do not rotate").And.Contain("heads: yes, FFN channels: yes, blocks: yes"));
        Assert.That(Words(Tool.Run(folder, "inspect", "granite").Output), Does.Contain("embedding 3, scores 0.3, blocks 0.22, logits 1/8"));
        using (var model = SyntheticModels.Random(SyntheticFamilies.Of(SyntheticModels.Config(hidden: 36))["gemma2"] with { ScoreCap = 50 }, seed: 1))
            SyntheticCheckpoint.Write(model, folder["gemma2"]);
        Assert.That(Words(Tool.Run(folder, "inspect", "gemma2").Output),
            Does.Contain("1 layers see 3 positions").And.Contain("embedding 6, scores").And.Contain("scores within 50, logits within 30"));
    }

    [Test]
    public void A_decoder_inside_another_model_is_told_with_what_is_left_out()
    {
        using var folder = new TemporaryFolder();
        using (var model = SyntheticModels.Random(SyntheticFamilies.Of(SyntheticModels.Config())["gemma3_text"], seed: 1))
            SyntheticCheckpoint.Write(model, folder["gemma3"]);
        SyntheticWrapper.Wrap(folder["gemma3"], "gemma3", "Gemma3ForConditionalGeneration", SyntheticWrapper.Spellings[0]);
        var tool = Tool.Run(folder, "inspect", "gemma3");
        Assert.That(tool.ExitCode, Is.Zero, tool.Error);
        Assert.That(Words(tool.Output),
            Does.Contain("the decoder of a gemma3 is read and written as gemma3_text; its 2 tensors for images (16 B) are left out"));
        using var json = JsonDocument.Parse(Tool.Run(folder, "inspect", "gemma3", "--json").Output);
        Assert.That(json.RootElement.GetProperty("leftOut").GetString(), Does.StartWith("the decoder of a gemma3"));
        Assert.That(Tool.Run(folder, "export", "gemma3", "--out", "onnx").Error, Does.Contain("are left out"));
    }

    /// <summary>Values may go on in the next line.</summary>
    private static string Words(string output) => string.Join(' ', output.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
}
