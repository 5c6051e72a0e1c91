using ForgePrune.Calibration;
using ForgePrune.Errors;
using ForgePrune.Kernels;
using ForgePrune.Levels;
using ForgePrune.Testing;

namespace ForgePrune.Tests.Calibration;

/// <summary>Matrices spread over several devices: the same bytes as from one, and no fault gets lost.</summary>
public sealed class SeveralDevicesTests
{
    private const int Seed = 31;

    [TestCase(2)]
    [TestCase(3)]
    public void Leave_the_bytes_of_one(int count)
    {
        using var run = new SyntheticCalibration(Seed);
        run.Levels(new LevelOptions());
        using var folder = new TemporaryFolder();
        // Layers are few and quick: the first call of each device waits for those of the others, so that none takes all of them.
        using var all = new Barrier(Math.Min(count, run.Model.Config.Layers.Count));
        var devices = Enumerable.Range(0, count).Select(_ => new Watched(all)).ToArray();
        var pool = new DevicePool(devices);
        Calibrator.Run(run.Model, run.Runner, run.Windows, folder["grams"], device: pool);
        var reports = new Reports();
        LevelBuilder.Run(run.Model, new GramFolder(folder["grams"], run.Grams.Source), new LevelOptions(), folder["levels"], pool, reports);
        Assert.That(Bytes(folder["grams"]), Is.EqualTo(Bytes(run.Grams.Path)));
        Assert.That(Bytes(folder["levels"]), Is.EqualTo(Bytes(run.Folder($"levels {new LevelOptions()}"))));
        // Two layers have four Grams and two orders.
        Assert.That(devices.Select(device => device.Grams), Is.EqualTo(count == 2 ? new[] { 2, 2 } : [2, 1, 1]));
        Assert.That(devices.Sum(device => device.Orders), Is.EqualTo(2));
        Assert.That(devices.Max(device => device.Orders), Is.EqualTo(1));
        Assert.That(reports.Values, Is.EqualTo(new[] { 0.5, 1.0 }));
    }

    [Test]
    public void Resume_what_one_began()
    {
        using var run = new SyntheticCalibration(Seed);
        var whole = Bytes(run.Grams.Path);
        File.Delete(GramFile.MlpPath(run.Grams.Path, 0));
        File.Delete(GramFile.AttentionPath(run.Grams.Path, 1));
        Calibrator.Run(run.Model, run.Runner, run.Windows, run.Grams.Path, device: new DevicePool([new Watched(), new Watched()]));
        Assert.That(Bytes(run.Grams.Path), Is.EqualTo(whole));
    }

    [Test]
    public void Tell_what_went_wrong_on_any_of_them()
    {
        using var run = new SyntheticCalibration(Seed);
        using var folder = new TemporaryFolder();
        var pool = new DevicePool([new Watched(), new Watched { Faulty = true }]);
        Assert.That(() => Calibrator.Run(run.Model, run.Runner, run.Windows, folder["grams"], device: pool), Throws.TypeOf<BadInputException>()
            .With.Message.Contains("layer 0").And.Message.Contains("MLP"));
        using var all = new Barrier(2);
        pool = new DevicePool([new Watched(all), new Watched(all) { Faulty = true }]);
        Assert.That(() => LevelBuilder.Run(run.Model, run.Grams, new LevelOptions(), folder["levels"], device: pool),
            Throws.TypeOf<InvalidOperationException>().With.Message.EqualTo("broken"));
    }

    [Test]
    public void Stop_when_they_are_asked_to()
    {
        using var run = new SyntheticCalibration(Seed);
        using var folder = new TemporaryFolder();
        using var stop = new CancellationTokenSource();
        stop.Cancel();
        var pool = new DevicePool([new Watched(), new Watched()]);
        Assert.That(() => Calibrator.Run(run.Model, run.Runner, run.Windows, folder["grams"], cancellation: stop.Token, device: pool),
            Throws.InstanceOf<OperationCanceledException>());
        Assert.That(
            () =>
                LevelBuilder.Run(run.Model, run.Grams, new LevelOptions(), folder["levels"], cancellation: stop.Token, device: pool),
                    Throws.InstanceOf<OperationCanceledException>());
    }

    [Test]
    public void Must_be_of_one_kind()
    {
        Assert.That(() => new DevicePool([]), Throws.ArgumentException);
        Assert.That(() => new DevicePool([new Watched(), new CpuDevice(Environment.ProcessorCount)]),
            Throws.ArgumentException.With.Message.Contains("watched, cpu"));
    }

    private static string[] Bytes(string folder) =>
        [.. Directory.GetFiles(folder).Order(StringComparer.Ordinal)
            .Select(path => $"{Path.GetFileName(path)} {Convert.ToHexString(File.ReadAllBytes(path))}")];

    private sealed class Reports : IProgress<double>
    {
        public List<double> Values { get; } = [];

        public void Report(double value) => Values.Add(value);
    }

    /// <summary>The processor, as one device of several; it counts what it is asked for.</summary>
    private sealed class Watched(Barrier? all = null) : IPruningDevice
    {
        private readonly CpuDevice processor = new(1);
        private int orders;

        public string Name => "watched";

        public int Threads => 1;

        public int Grams { get; private set; }

        public int Orders => orders;

        /// <summary>Its Grams hold NaN, and its orders fail.</summary>
        public bool Faulty { get; init; }

        public IGramSum Gram(int cols)
        {
            Grams++;
            var sum = processor.Gram(cols);
            if (Faulty)
                sum.Add([.. Enumerable.Repeat(float.NaN, cols)], 1, cols);
            return sum;
        }

        public EliminationResult Order(ReadOnlyLongSpan<double> hessian, int n, ReadOnlySpan<double> weights, int rows, ReadOnlySpan<bool> dead)
        {
            if (Interlocked.Increment(ref orders) == 1 && all?.SignalAndWait(TimeSpan.FromSeconds(30)) == false)
                throw new TimeoutException("the other devices were not asked for anything");
            return Faulty ? throw new InvalidOperationException("broken") : processor.Order(hessian, n, weights, rows, dead);
        }

        public IGroupSweeps Groups(ReadOnlySpan<double> hessian, int n, ReadOnlySpan<double> weights, int rows, ReadOnlySpan<bool> dead, int width) =>
            processor.Groups(hessian, n, weights, rows, dead, width);

        public LevelFactor Factor(ReadOnlyLongSpan<double> hessian, int n, ReadOnlySpan<double> moment, int rows, ReadOnlySpan<int> order) =>
            processor.Factor(hessian, n, moment, rows, order);
    }
}
