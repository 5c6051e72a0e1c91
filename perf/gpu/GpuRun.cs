using ForgePrune.Kernels.Gpu;

namespace ForgePrune.GpuPerf;

/// <summary>All answers are checked first; only right ones are timed.</summary>
internal static class GpuRun
{
    public static int Start(string[] words)
    {
        if (Usage.Parse(words) is not { } usage)
        {
            Console.Error.WriteLine(Usage.Text);
            return 2;
        }
#if DEBUG
        if (!usage.Tiny)
        {
            Console.Error.WriteLine("This is a Debug build, whose times mean nothing; build with -c Release.");
            return 3;
        }
#endif
        GpuDevice device;
        try
        {
            device = GpuDevice.Open(usage.Device);
        }
        catch (GpuDeviceException refusal)
        {
            Console.Error.WriteLine($"Nothing was measured: {Why(usage.Device) ?? refusal.Message}");
            return 3;
        }
        using (device)
            return Run(device, usage);
    }

    /// <summary>Why there is no device of this kind at all, as its driver tells it.</summary>
    private static string? Why(string device) => device.Split(':')[0] switch
    {
        "cuda" when GpuApi.Cuda().WhyNone is { } why => $"there is no CUDA device: {why}.",
        "opencl" when GpuApi.OpenCl().WhyNone is { } why => $"there is no OpenCL device: {why}.",
        _ => null,
    };

    private static int Run(GpuDevice device, Usage usage)
    {
        var report = new Report(Machine.Of(device), usage.Out);
        var table = new Table(report, usage.Seconds);
        using var pruning = new GpuPruning(device, Environment.ProcessorCount);
        Guard(() => new Checks(device, pruning, report, usage.Sizes).Run(), fault => report.Add(new CheckLine(fault, double.PositiveInfinity, 0)));
        Guard(() => new LentChecks(device, pruning, report, usage.Sizes).Run(), fault => report.Add(new CheckLine(fault, double.PositiveInfinity, 0)));
        if (report.HasWrong)
            return Wrong("nothing was timed");
        if (usage.ChecksOnly)
            return 0;
        (string What, Action Measure)[] parts =
        [
            ("sanitizers", () => SanitizerRows.Add(table, device, usage)),
            ("ptxas", () => AssemblerRow.Add(table)),
            ("products", () => ProductRows.Add(table, device, usage.Tiny)),
            ("Grams", () => GramRows.Add(table, device, usage.Tiny)),
            ("lent activations", () => LentRows.Add(table, device, pruning, usage.Tiny)),
            ("levels", () => LevelRow.Add(table, pruning, usage.Tiny)),
            ("samples", () => SampleRows.Add(table)),
            ("exports", () => ExportRows.Add(table, usage)),
            ("checkpoints", () => ServedRows.Add(table, usage)),
            ("calibration", () => CalibrationRow.Add(table, device, pruning, usage)),
        ];
        foreach (var (what, measure) in parts)
            Guard(measure, fault => table.Wrong(what, fault));
        Console.WriteLine($"done after {table.Elapsed:f0} s");
        return report.HasWrong ? Wrong("see the rows that say so") : 0;
    }

    // A machine with a GPU is rarely at hand: what fails in one part takes no other with it, and all is told.
    private static void Guard(Action part, Action<string> tell)
    {
        try
        {
            part();
        }
        catch (Exception fault)
        {
            Console.Error.WriteLine(fault);
            tell($"{fault.GetType().Name}: {fault.Message.ReplaceLineEndings(" ")}");
        }
    }

    private static int Wrong(string so)
    {
        Console.Error.WriteLine($"Answers are wrong: {so}.");
        return 1;
    }
}
