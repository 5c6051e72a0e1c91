using ForgePrune.Checkpoints;
using ForgePrune.Errors;
using ForgePrune.Model;
using ForgePrune.Testing;

namespace ForgePrune.Tests.Checkpoints;

/// <summary>Experts in tensors of three dimensions, and the config that goes with them.</summary>
public sealed class StackedExpertsTests
{
    private const int Seed = 8;

    [TestCase("mixtral")]
    [TestCase("mixtral, one expert")]
    [TestCase("qwen3_moe")]
    [TestCase("qwen3_moe, head of its own")]
    [TestCase("qwen3_moe, a layer without experts")]
    public void They_are_read_as_the_same_experts_apart(string name)
    {
        using var folder = new TemporaryFolder();
        using (var made = SyntheticModels.Random(SyntheticExperts.All[name], Seed))
            CheckpointWriter.Write(made, folder["apart"]);
        StackedExperts.Write(folder["apart"], folder["stacked"]);
        using CheckpointModel apart = DecoderModel.Open(folder["apart"]), stacked = DecoderModel.Open(folder["stacked"]);
        Assert.That((stacked.Config.Family, stacked.Config.RopeTheta), Is.EqualTo((apart.Config.Family, apart.Config.RopeTheta)));
        Assert.That(stacked.Config.Layers, Is.EqualTo(apart.Config.Layers));
        Assert.That(stacked.Config.Mlp, Is.EqualTo(apart.Config.Mlp));
        foreach (var (one, other) in ModelTensors.Read(apart).Zip(ModelTensors.Read(stacked)))
        {
            Assert.That(other.Spec, Is.EqualTo(one.Spec));
            Assert.That(other.Values, Is.EqualTo(one.Values), $"{one.Spec}");
        }

        Assert.That(stacked.ContentHash, Is.EqualTo(apart.ContentHash));
    }

    [TestCase("mlp.experts.gate_up_proj", "mlp.experts.gate_up_proj.weight", "holds all experts of a layer by a name that is not read")]
    [TestCase("layers.1.mlp.experts.down_proj", "layers.1.mlp.experts.others", "is missing")]
    public void Other_names_are_refused(string name, string other, string why)
    {
        using var folder = Written();
        SyntheticCheckpoint.EditHeader(folder["stacked/model.safetensors"], header => header.Replace(name, other, StringComparison.Ordinal));
        Assert.That(() => DecoderModel.Open(folder["stacked"]), Throws.TypeOf<BadInputException>().With.Message.Contains(why));
    }

    /// <summary>Models whose classes hold experts the other way round are of other families.</summary>
    [Test]
    public void Another_order_of_dimensions_is_refused()
    {
        using var folder = Written();
        SyntheticCheckpoint.EditHeader(folder["stacked/model.safetensors"], header => header.Replace("[6,24,32]", "[6,32,24]", StringComparison.Ordinal));
        Assert.That(() => DecoderModel.Open(folder["stacked"]),
            Throws.TypeOf<BadInputException>().With.Message.Contains("has shape [6, 32, 24] where the config calls for [6, 24, 32]"));
    }

    private static TemporaryFolder Written()
    {
        var folder = new TemporaryFolder();
        using (var made = SyntheticModels.Random(SyntheticExperts.Qwen(normalized: true), Seed))
            CheckpointWriter.Write(made, folder["apart"]);
        StackedExperts.Write(folder["apart"], folder["stacked"]);
        return folder;
    }
}
