using System.ComponentModel;
using System.Diagnostics;

namespace ForgePrune.Onnx.Providers;

/// <summary>NVIDIA's program for the state of GPUs, which comes with the driver.</summary>
internal static class NvidiaSmi
{
    /// <summary>Milliseconds; it answers within one second, and one that hangs must not hold up a run.</summary>
    private const int Patience = 10_000;

    /// <param name="fields">As its option --query-gpu takes them.</param>
    /// <param name="address">Of one GPU on its bus; null for all.</param>
    /// <returns>A line for each GPU, values parted by commas; null where there is no nvidia-smi, or none that answers.</returns>
    public static string? Query(string fields, string? address = null)
    {
        string[] which = address is null ? [] : ["-i", address];
        try
        {
            using var process = Process.Start(new ProcessStartInfo("nvidia-smi", [$"--query-gpu={fields}", "--format=csv,noheader,nounits", .. which])
            { RedirectStandardOutput = true, RedirectStandardError = true })!;
            var (output, error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
            if (!process.WaitForExit(Patience))
            {
                process.Kill(entireProcessTree: true);
                return null;
            }

            Task.WaitAll(output, error);
            return process.ExitCode == 0 ? output.Result : null;
        }
        catch (Win32Exception)
        {
            return null;
        }
    }
}
