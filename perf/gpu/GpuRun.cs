using ForgePrune.Kernels.Gpu;
using ILGPU.Runtime.Cuda;

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
        catch (GpuDeviceException)
        {
            Console.Error.WriteLine($"Nothing was measured: this machine has no device '{usage.Device}'; install its driver, or name another one with --device.");
            return 3;
        }
        using (device)
            return Run(device, usage);
    }

    private static int Run(GpuDevice device, Usage usage)
    {
        var table = new Table(usage.Seconds);
        Console.WriteLine($"{Describe(device)}, .NET {Environment.Version}");
        using var pruning = new GpuPruning(device, Environment.ProcessorCount);
        var wrong = new Checks(device, pruning, usage.Tiny).Run();
        if (wrong > 0)
        {
            Console.Error.WriteLine($"{wrong} answers are wrong: nothing was timed.");
            return 1;
        }
        table.Head();
        GramRows.Add(table, device, usage.Tiny);
        LevelRow.Add(table, pruning, usage.Tiny);
        SampleRows.Add(table);
        ExportRows.Add(table, usage);
        Console.WriteLine($"done after {table.Elapsed:f0} s");
        return 0;
    }

    private static string Describe(GpuDevice device) => device.Accelerator is CudaAccelerator cuda
        ? $"{device.Name}, {cuda.Architecture}, driver for CUDA {cuda.DriverVersion}, {device.MemoryBytes / 1e9:f0} GB"
        : device.Name;
}
