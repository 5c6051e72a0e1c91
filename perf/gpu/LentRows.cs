using System.Diagnostics;
using ForgePrune.Kernels;
using ForgePrune.Kernels.Gpu;
using ILGPU.Runtime;

namespace ForgePrune.GpuPerf;

/// <summary>Grams of activations that lie in another library's context: read there, and by way of the host.</summary>
internal static class LentRows
{
    private const int Turns = 7;

    public static void Add(Table table, GpuDevice device, GpuPruning pruning, bool tiny)
    {
        foreach (var (tokens, cols) in tiny ? new[] { (40, 36) } : [(8192, 4096), (2048, 14336)])
        {
            var what = $"Gram of lent f16 {tokens} x {cols}";
            if (!table.HasTime(what, 15))
                return;
            var (made, fault) = PrimaryActivations.Of(device, LentType.F16, tokens, cols);
            using (made)
            {
                if (made is null)
                    table.Skip(what, $"left out: {fault}");
                else
                    Add(table, device, pruning, what, made);
            }
        }
    }

    private static void Add(Table table, GpuDevice device, GpuPruning pruning, string what, PrimaryActivations x)
    {
        var (tokens, cols) = (x.There.Rows, x.There.Cols);
        using IGramSum ours = pruning.Gram(cols), theirs = pruning.Gram(cols);
        if (ours.Reader(x.There.Memory) is not { } reader)
        {
            table.Wrong(what, $"it lies where it could be read, but {((IPruningDevice)pruning).Reading(x.There.Memory)}");
            return;
        }

        using DeviceMatrix<float> slab = new(device, GpuGramSum.Slab, cols);
        var bytes = slab.View.SubView(0, slab.View.Length / 2).Cast<byte>();
        var sums = new double[cols];
        List<double> own = [], other = [], peer = [], up = [];
        for (var turn = 0; turn <= Turns; turn++)
        {
            var seconds = (Time(device, () => reader.Add(x.There, sums)), Time(device, () => theirs.Add(x.OnHost, tokens, cols)),
                Time(device, () => x.Copies.Copy(x.There.Pointer, bytes.SubView(0, Math.Min(bytes.Length, 2L * tokens * cols)))),
                Time(device, () => slab.Upload(x.OnHost, cols, Math.Min(tokens, GpuGramSum.Slab))));
            // The first turn warms up.
            if (turn == 0)
                continue;
            own.Add(seconds.Item1);
            other.Add(seconds.Item2);
            peer.Add(Math.Min(bytes.Length, 2.0 * tokens * cols) / seconds.Item3);
            up.Add(4.0 * Math.Min(tokens, GpuGramSum.Slab) * cols / seconds.Item4);
        }

        table.Turns(what, own, other, FormattableString.Invariant(
            $"ours read between contexts, theirs from the host in float32, without fetching them; one slab copied at {Median(peer):f0} and {Median(up):f1} GB/s"));
    }

    private static double Time(GpuDevice device, Action action)
    {
        var start = Stopwatch.GetTimestamp();
        action();
        device.Accelerator.Synchronize();
        return Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    private static double Median(List<double> rates) => rates.Order().ElementAt(rates.Count / 2) / 1e9;
}
