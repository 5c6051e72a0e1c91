using ForgePrune.Calibration;
using ForgePrune.Errors;
using ForgePrune.Kernels;
using ForgePrune.Model;
using ForgePrune.Pipeline.Parts;
using ForgePrune.Testing;

namespace ForgePrune.Tests.Calibration;

/// <summary>A calibration in parts: hidden states at borders, made by groups of windows, and Grams by layers.</summary>
public sealed class BordersTests
{
    private const int Seed = 15, Layers = 5;

    // So wide that a chunk holds one of the three windows; with the model's own width it holds all.
    private const int OneWindow = 1 << 20;

    private static readonly ModelConfig Config = SyntheticModels.Config(Layers, ffn: 24);

    [Test]
    public void Parts_leave_the_bytes_of_one_run([Values(1, 2, 3)] int parts, [Values(false, true)] bool many)
    {
        using var run = new SyntheticCalibration(Seed, Config);
        int? widest = many ? OneWindow : null;
        Calibrate(run, run.Folder("whole"), null, null, widest);
        var borders = Borders(run, widest);
        Assert.That((borders.Groups, borders.Layers), Is.EqualTo((many ? 3 : 1, (IReadOnlyList<int>)[1, 2, 3, 4])));
        // The last group first: nobody waits for another.
        for (var group = borders.Groups - 1; group >= 0; group--)
            BorderPass.Run(run.Model, run.Runner, [.. borders.Layers.Select(layer => new Border(borders, layer, group))]);
        for (var part = parts - 1; part >= 0; part--)
        {
            var (first, end) = (Layers * part / parts, Layers * (part + 1) / parts);
            var calls = run.Runner.Calls;
            Calibrate(run, run.Folder("parts"), layer => layer >= first && layer < end, borders, widest);
            Assert.That(run.Runner.Calls - calls, Is.EqualTo(2 * (end - first) * (many ? 3 : 1)), "two blocks of each layer of the part, and none before it");
        }

        Assert.That(Files(run.Folder("parts")), Is.EqualTo(Files(run.Folder("whole"))));
    }

    [Test]
    public void A_border_that_is_missing_or_damaged_costs_the_way_from_the_one_before([Values(false, true)] bool damaged)
    {
        using var run = new SyntheticCalibration(Seed, Config);
        Calibrate(run, run.Folder("whole"), null, null, OneWindow);
        var said = new List<string>();
        var borders = Borders(run, OneWindow, said.Add);
        BorderPass.Run(run.Model, run.Runner,
            [.. from part in Enumerable.Range(0, 3) from layer in borders.Layers select new Border(borders, layer, part)]);
        var file = Path.Combine(run.Folder("borders"), StreamBorders.NameOf(3, 1));
        if (damaged)
        {
            var bytes = File.ReadAllBytes(file);
            bytes[^40] ^= 1;
            File.WriteAllBytes(file, bytes);
        }
        else
        {
            File.Delete(file);
        }

        var calls = run.Runner.Calls;
        Calibrate(run, run.Folder("parts"), layer => layer >= 3, borders, OneWindow);
        Assert.That(run.Runner.Calls - calls, Is.EqualTo(3 * 2 * 3), "three windows through layers 2, 3 and 4");
        Assert.That(said, Has.Count.EqualTo(1).And.All.Contains("before layer 3"));
        // A part that nobody made: whoever collects makes it, beside what is there.
        Calibrate(run, run.Folder("parts"), null, borders, OneWindow);
        Assert.That(Files(run.Folder("parts")), Is.EqualTo(Files(run.Folder("whole"))));
    }

    [Test]
    public void States_of_another_text_are_refused()
    {
        using var run = new SyntheticCalibration(Seed, Config);
        var borders = Borders(run, null);
        BorderPass.Run(run.Model, run.Runner, [.. borders.Layers.Select(layer => new Border(borders, layer, 0))]);
        var other = run.Windows.Slice(1, 2);
        var foreign = new StreamBorders(run.Model, other, run.Folder("borders"));
        Assert.That(() => Calibrator.RunTasks(run.Model, run.Runner, [new CalibrationTask(other, run.Folder("parts"), layer => layer > 1, foreign)],
            new CpuDevice(1), TimeSpan.MaxValue), Throws.TypeOf<BadInputException>());
    }

    [Test]
    public void A_model_of_one_layer_has_no_borders_and_many_layers_have_few([Values(1, 2, 16, 17, 80, 126)] int layers)
    {
        using var run = new SyntheticCalibration(Seed, SyntheticModels.Config(1, ffn: 24));
        using var model = SyntheticModels.Random(SyntheticModels.Config(layers, ffn: 8), Seed);
        var borders = new StreamBorders(model, run.Windows, run.Folder("borders"));
        Assert.That(borders.Layers, Has.Count.EqualTo(layers <= 16 ? layers - 1 : (layers - 1) / ((layers + 15) / 16)).And.Count.LessThan(16));
        Assert.That(borders.Layers, Is.Ordered.And.All.InRange(1, Math.Max(1, layers - 1)));
    }

    /// <summary>Every item is one worker's; those of a unit are the same one's, and a worker's units lie side by side.</summary>
    [Test]
    public void Units_stay_whole([Values(1, 2, 3, 7, 40)] int workers)
    {
        int[] units = [0, 0, 0, 1, 2, 2, 3, 3, 3, 4, 5, 5];
        var plan = new PartPlan("calibration", new string('a', 64), "cpu", [.. units.Select((_, item) => $"{item}")]) { Units = units };
        int[] owners = [.. units.Select((_, item) => plan.Owner(item, workers))];
        Assert.That(owners, Is.Ordered.And.All.InRange(0, workers - 1));
        foreach (var unit in units.Distinct())
            Assert.That(owners.Where((_, item) => units[item] == unit).Distinct().Count(), Is.EqualTo(1));
        Assert.That(owners.Distinct().Count(), Is.EqualTo(Math.Min(workers, 6)));
    }

    private static StreamBorders Borders(SyntheticCalibration run, int? widest, Action<string>? note = null) =>
        new(run.Model, run.Windows, run.Folder("borders"), note, widest);

    private static void Calibrate(SyntheticCalibration run, string folder, Func<int, bool>? wanted, StreamBorders? borders, int? widest) => Calibrator.RunTasks(
        run.Model, run.Runner, [new CalibrationTask(run.Windows, folder, wanted, borders, widest)], new CpuDevice(2), TimeSpan.MaxValue);

    private static (string Name, string Bytes)[] Files(string folder) => [.. Directory.GetFiles(folder).Order()
        .Select(path => (Path.GetFileName(path), Convert.ToHexString(File.ReadAllBytes(path))))];
}
