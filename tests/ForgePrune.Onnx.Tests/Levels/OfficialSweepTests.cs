using System.Runtime.InteropServices;
using System.Text.Json;
using ForgePrune.Calibration;
using ForgePrune.Checkpoints;
using ForgePrune.Levels;
using ForgePrune.Onnx.Forward;
using ForgePrune.Testing;
using ForgePrune.Tokens;

namespace ForgePrune.Onnx.Tests.Levels;

/// <summary>Calibration and removal against what the official DarwinLM code did with the same model and the same tokens.</summary>
public sealed class OfficialSweepTests
{
    private const int Window = 256;

    /// <summary>The official sweep runs in float32 and parts with a float64 one at near ties; sums of its scores stay within 1e-5.
    /// Bound promised for every level: 0.1 %.</summary>
    private const double CurveTolerance = 1e-3;

    [TestCase("stories15M", "stories15M-hf-f16")]
    [TestCase("minimind2-small", "minimind2-small-hf-f16")]
    public void Orders_and_curves_are_those_of_the_official_code(string name, string folder)
    {
        var windows = Tokens(Shared.File($"reference/tokens/{name}.calib.bin"));
        using var official = JsonDocument.Parse(File.ReadAllText(Shared.File("reference/reference.json")));
        var matrices = official.RootElement.GetProperty("models").GetProperty(name).GetProperty("obs_official").GetProperty("matrices");
        using var model = DecoderModel.Open(Shared.File($"models/{folder}"));
        using var work = new TemporaryFolder();
        using var runner = new OrtBlockRunner(model.Config, 0);
        var grams = new GramFolder(work["grams"], Calibrator.Source(model, windows));
        Calibrator.Run(model, runner, windows, grams.Path);
        var levels = LevelBuilder.Run(model, grams, new LevelOptions(), work["levels"]);
        Assert.Multiple(() =>
        {
            for (var layer = 0; layer < levels.Layers.Count; layer++)
            {
                Compare(levels.Layers[layer].Attention!, matrices.GetProperty($"layer{layer}.o_proj"), $"layer {layer} o_proj");
                Compare(levels.Layers[layer].Mlp!, matrices.GetProperty($"layer{layer}.down_proj"), $"layer {layer} down_proj");
            }
        });
    }

    private static void Compare(AttentionLevels levels, JsonElement official, string matrix)
    {
        var (sets, groups) = (levels.Sets, levels.Sets.KvHeads);
        var order = new List<int>();
        var losses = new List<double> { 0 };
        for (var kept = groups - 1; kept >= 1; kept--)
        {
            var heads = sets.Heads(new AttentionLevel(kept, kept * sets.QueriesPerGroup));
            order.Add(Enumerable.Range(0, groups).Except(order).Except(heads.Select(head => head / sets.QueriesPerGroup)).Single());
            losses.Add(levels.Losses[new AttentionLevel(kept, kept * sets.QueriesPerGroup)]);
        }

        order.Add(Enumerable.Range(0, groups).Except(order).Single());
        losses.Add(levels.Losses[default]);
        Assert.That(order, Is.EqualTo(Order(official)), matrix);
        Compare(losses, official, matrix);
    }

    private static void Compare(ChannelLevels levels, JsonElement official, string matrix)
    {
        var (ours, theirs) = (levels.Order.Removal, Order(official));
        foreach (var percent in (int[])[20, 50, 80])
        {
            var count = theirs.Length * percent / 100;
            Assert.That(ours.Take(count).Except(theirs.Take(count)), Is.Empty, $"{matrix}, {percent} %");
        }

        Compare(levels.Losses.Reverse().ToArray(), official, matrix);
    }

    /// <param name="losses">By number of removed units.</param>
    private static void Compare(IReadOnlyList<double> losses, JsonElement official, string matrix)
    {
        // The official H is divided by the sequences, ours by the tokens.
        var sum = 0.0;
        var removed = 0;
        foreach (var score in official.GetProperty("score_at_removal").EnumerateArray())
        {
            sum += score.GetDouble() / 2;
            removed++;
            Assert.That(losses[removed] * Window, Is.EqualTo(sum).Within(CurveTolerance * sum), $"{matrix} without {removed}");
        }

        var all = official.GetProperty("error_all_removed_exact").GetDouble();
        Assert.That(removed, Is.EqualTo(losses.Count - 2), matrix);
        Assert.That(losses[^1] * Window, Is.EqualTo(all).Within(CurveTolerance * all), $"{matrix} without any");
    }

    private static int[] Order(JsonElement official) =>
        official.GetProperty("removal_order").EnumerateArray().Select(index => index.GetInt32()).ToArray();

    private static TokenWindows Tokens(string path) =>
        new(Window, Array.ConvertAll(MemoryMarshal.Cast<byte, ushort>(File.ReadAllBytes(path)).ToArray(), id => (int)id));
}
