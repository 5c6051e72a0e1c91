using ForgePrune.Kernels;
using ForgePrune.Model;
using ForgePrune.Pipeline.Resources;
using ForgePrune.Testing;

namespace ForgePrune.Tests.Pipeline;

public sealed class DeviceNeedTests
{
    [Test]
    public void A_device_is_told_of_every_projection_whose_inputs_are_summed()
    {
        var config = SyntheticModels.Config(layers: 3, hidden: 32, headDim: 8, queryHeads: 4, ffn: 48);
        // A block that is gone, and one of experts.
        config = config with
        {
            Layers = [config.Layers[0], config.Layers[1] with { QueryHeads = 0, KvHeads = 0 }, config.Layers[2]],
            Mlp = [default, default, new MlpKind { ExpertWidth = 12, PerToken = 2 }],
        };
        Assert.That(DeviceNeed.Layers(config), Is.EqualTo(new PlannedLayer[]
        {
            new("layer 0 o_proj", 32, 32, true), new("layer 0 down_proj", 32, 48, false), new("layer 1 down_proj", 32, 48, false),
            new("layer 2 o_proj", 32, 32, true), new("layer 2 down_proj", 32, 12, false),
        }));
    }
}
