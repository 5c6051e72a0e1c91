using ForgePrune.Checkpoints;
using ForgePrune.Levels;
using ForgePrune.Methods.Baselines;
using ForgePrune.Testing;

namespace ForgePrune.Methods.Tests.Baselines;

public sealed class ReferenceScoreTests
{
    // The reference sums in float32 and prints seven digits.
    private const double Relative = 2e-6;

    [TestCase("stories15M", "stories15M-hf-f16")]
    [TestCase("minimind2-small", "minimind2-small-hf-f16")]
    public void Magnitude_of_every_kv_group_equals_the_reference(string name, string folder)
    {
        var expected = ReferenceNumbers.Model(name).GetProperty("baseline_group_scores_attention").GetProperty("magnitude")
            .EnumerateArray().Select(layer => layer.Doubles()).ToArray();
        using var model = DecoderModel.Open(Shared.File($"models/{folder}"));
        Assert.That(model.Config.Layers, Has.Count.EqualTo(expected.Length));
        for (var layer = 0; layer < expected.Length; layer++)
        {
            var scores = GroupScores.MagnitudeAttention(model.ReadLayer(layer).Attention!, threads: 1);
            Assert.That(scores.Zip(expected[layer], (a, b) => a / b), Is.All.EqualTo(1).Within(Relative), $"layer {layer}");
            Assert.That(ScoreLevels.Channels(scores).Removal, Is.EqualTo(ScoreLevels.Channels(expected[layer]).Removal));
        }
    }
}
