using ForgePrune.Kernels;
using ForgePrune.Kernels.Gpu;
using ForgePrune.Perf;

namespace ForgePrune.GpuPerf;

/// <summary>Sums of activations that lie in the primary context of the GPU, beside the same from the host: equal to the bit.</summary>
internal sealed class LentChecks(GpuDevice device, GpuPruning pruning, Report report, CheckSizes sizes)
{
    public void Run()
    {
        foreach (var cols in sizes.GramColumns)
            foreach (var type in Enum.GetValues<LentType>())
                report.Add(Check(type, sizes.Tokens, cols / 2 + 1, cols));
    }

    private CheckLine Check(LentType type, int tokens, int rows, int cols)
    {
        var what = $"sums of lent {type.ToString().ToLowerInvariant()}, {tokens} x {cols}, bits that differ";
        var (x, fault) = PrimaryActivations.Of(device, type, tokens, cols);
        using (x)
        {
            if (x is null)
                return new(what, 0, 0, fault);
            var y = Made.Floats(new Random(rows), tokens * rows);
            using IGramSum gram = pruning.Gram(cols), gramOfHost = pruning.Gram(cols);
            using IMomentSum moments = pruning.Moments(rows, cols), momentsOfHost = pruning.Moments(rows, cols);
            // It lies on this very GPU.
            if (gram.Reader(x.There.Memory) is not { } toGram || moments.Reader(x.There.Memory) is not { } toMoments)
                return new($"{what}: {((IPruningDevice)pruning).Reading(x.There.Memory)}", double.PositiveInfinity, 0);
            double[] sums = new double[cols], again = new double[cols], expected = new double[cols];
            toGram.Add(x.There, sums);
            toMoments.Add(y, rows, x.There, again);
            gramOfHost.Add(x.OnHost, tokens, cols);
            momentsOfHost.Add(y, rows, x.OnHost, cols, tokens);
            Gram.AccumulateSum(x.OnHost, tokens, cols, cols, expected);
            var (both, bothOfHost) = (moments.Finish(), momentsOfHost.Finish());
            return new(what, Differing(gram.Finish().AsSpan(), gramOfHost.Finish().AsSpan()) + Differing(both.Gram.AsSpan(), bothOfHost.Gram.AsSpan())
                + Differing(both.Cross, bothOfHost.Cross) + Differing(sums, expected) + Differing(again, expected), 0);
        }
    }

    private static int Differing(ReadOnlySpan<double> actual, ReadOnlySpan<double> expected)
    {
        var count = 0;
        for (var i = 0; i < expected.Length; i++)
            count += BitConverter.DoubleToInt64Bits(actual[i]) == BitConverter.DoubleToInt64Bits(expected[i]) ? 0 : 1;
        return count;
    }
}
