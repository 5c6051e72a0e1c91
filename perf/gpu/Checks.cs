using ForgePrune.Kernels;
using ForgePrune.Kernels.Gpu;
using ForgePrune.Perf;

namespace ForgePrune.GpuPerf;

/// <summary>Every kernel's answer against float64 on the processor.</summary>
internal sealed class Checks(GpuDevice device, GpuPruning pruning, Report report, CheckSizes sizes)
{
    private const double FloatEpsilon = 1.1920929e-7;

    private readonly Random random = new(1);
    private readonly CpuDevice processor = new(Environment.ProcessorCount);

    public void Run()
    {
        foreach (var cols in sizes.GramColumns)
            foreach (var precision in Enum.GetValues<GramPrecision>())
                CheckGram(precision, sizes.Tokens, cols);
        foreach (var cols in sizes.GramColumns)
            CheckCross(sizes.Tokens, cols / 2 + 1, cols);
        CheckProducts(sizes.Product);
        CheckLevels(sizes.Rows, sizes.Channels);
    }

    private void CheckGram(GramPrecision precision, int tokens, int cols)
    {
        var what = $"Gram in {precision.ToString().ToLowerInvariant()}, {tokens} x {cols}";
        if (precision != GramPrecision.F32 && !device.HasTensorCores)
        {
            LeaveOut(what, "no tensor cores");
            return;
        }
        // Multiples of 1/64 below 1 are whole in all formats, and the inputs are not what is checked here.
        var x = Array.ConvertAll(Made.Floats(random, tokens * cols), value => MathF.Round(value * 64) / 64);
        var expected = new double[cols * cols];
        for (var token = 0; token < tokens; token++)
            for (var i = 0; i < cols; i++)
                for (var j = 0; j < cols; j++)
                    expected[i * cols + j] += (double)x[token * cols + i] * x[token * cols + j];
        using DeviceMatrix<float> onX = new(device, tokens, cols);
        using DeviceMatrix<double> onGram = new(device, cols, cols);
        onX.Upload(x, cols);
        new GpuGram(device, precision).Accumulate(onX, tokens, onGram);
        var actual = new double[cols * cols];
        onGram.Download(actual, cols);
        // Sums of 256 such products need 20 bits: they are exact.
        Report(what, Largest(actual, expected), 0);
    }

    private void CheckCross(int tokens, int rows, int cols)
    {
        float[] y = Whole(tokens * rows), x = Whole(tokens * cols);
        var expected = new double[rows * cols];
        for (var token = 0; token < tokens; token++)
            for (var i = 0; i < rows; i++)
                for (var j = 0; j < cols; j++)
                    expected[i * cols + j] += (double)y[token * rows + i] * x[token * cols + j];
        using var sum = pruning.Moments(rows, cols);
        sum.Add(y, rows, x, cols, tokens);
        Report($"cross moment of {rows} x {cols}", Largest(sum.Finish().Cross, expected), 0);
    }

    // Multiples of 1/64 below 1: sums of 256 products need 20 bits and are exact.
    private float[] Whole(int count) => Array.ConvertAll(Made.Floats(random, count), value => MathF.Round(value * 64) / 64);

    private void CheckProducts(int n)
    {
        double[] a = Made.Doubles(random, n * n), b = Made.Doubles(random, n * n), expected = new double[n * n], actual = new double[n * n];
        Product.Multiply(Transpose.No, Transpose.No, n, n, n, 1.0, a, n, b, n, 0.0, expected, n, threads: 0);
        using (DeviceMatrix<double> onA = new(device, n, n), onB = new(device, n, n), onC = new(device, n, n))
        {
            onA.Upload(a, n);
            onB.Upload(b, n);
            new GpuProduct(device).Multiply(DeviceOperand<double>.Rows(onA.View, n), DeviceOperand<double>.Columns(onB.View, n), onC.View, n, n, n, n, 1, 0);
            onC.Download(actual, n);
        }
        Report($"product in f64, {n}", Largest(actual, expected), 2.3e-16 * n * n);
        if (device.Lanes < 256)
        {
            LeaveOut($"product in f32, {n}", $"groups of {device.Lanes} lanes, and it needs 256");
            return;
        }
        float[] fa = Array.ConvertAll(a, value => (float)value), fb = Array.ConvertAll(b, value => (float)value), fc = new float[n * n];
        Product.Multiply(
            Transpose.No, Transpose.No, n, n, n, 1.0, Array.ConvertAll(fa, value => (double)value), n, Array.ConvertAll(fb, value => (double)value), n, 0.0,
                expected, n, threads: 0);
        using DeviceMatrix<float> onFa = new(device, n, n), onFb = new(device, n, n), onFc = new(device, n, n);
        onFa.Upload(fa, n);
        onFb.Upload(fb, n);
        new GpuFloatProduct(device).Multiply(Transpose.No, Transpose.No, 1, onFa, onFb, 0, onFc);
        onFc.Download(fc, n);
        Report($"product in f32, {n}", Largest(Array.ConvertAll(fc, value => (double)value), expected), FloatEpsilon * n * n);
    }

    private void CheckLevels(int rows, int n)
    {
        var x = Made.Doubles(random, 2 * n * n);
        double[] h = new double[n * n], w = Made.Doubles(random, rows * n), moment = new double[rows * n];
        Product.Multiply(Transpose.Yes, Transpose.No, n, n, 2 * n, 1.0 / n, x, n, x, n, 0.0, h, n, threads: 0);
        for (var i = 0; i < n; i++)
            h[i * n + i] += 0.01;
        Product.Multiply(Transpose.No, Transpose.No, rows, n, n, 1.0, w, n, h, n, 0.0, moment, n, threads: 0);

        var (order, ofCpu) = (pruning.Order(h, n, w, rows, []), processor.Order(h, n, w, rows, []));
        Report($"order of {n} channels, places that differ", Enumerable.Range(0, n).Count(i => order.Order[i] != ofCpu.Order[i]), 0);
        Report("their scores", Largest(order.Scores, ofCpu.Scores), 1e-10 * (1 + ofCpu.Scores.Max()));

        const int width = 4;
        using (IGroupSweeps on = pruning.Groups(h, n, w, rows, [], width), off = processor.Groups(h, n, w, rows, [], width))
        {
            IGroupEliminator sweep = on.Start(), expected = off.Start();
            double differences = 0, largest = 0;
            for (var step = 0; step < Math.Min(8, n / width) && expected.Cheapest([]) is var next and >= 0; step++)
            {
                differences += sweep.Cheapest([]) == next ? 0 : 1;
                largest = Math.Max(largest, Math.Abs(sweep.Remove([next]) - expected.Remove([next])));
            }
            Report($"heads of {width} columns, choices that differ", differences, 0);
            Report("their costs", largest, 1e-10 * (1 + off.Energy));
        }

        int[] kept = [.. order.Order.Reverse()];
        var (factor, factorOfCpu) = (pruning.Factor(h, n, moment, rows, kept), processor.Factor(h, n, moment, rows, kept));
        Report("losses of all levels", Largest([.. factor.Errors], [.. factorOfCpu.Errors]), 1e-10 * (1 + factorOfCpu.Errors[0]));
        var k = n / 2;
        double[] refit = new double[rows * k], refitOfCpu = new double[rows * k];
        factor.Refit(k, refit, k);
        factorOfCpu.Refit(k, refitOfCpu, k);
        Report("refit of half the channels", Largest(refit, refitOfCpu), 1e-9);
        pruning.FactorOfWeights(h, n, w, rows, kept).Refit(k, refit, k);
        Report("the same from the weights alone", Largest(refit, refitOfCpu), 1e-9);
    }

    private void Report(string what, double difference, double allowed) => report.Add(new CheckLine(what, difference, allowed));

    private void LeaveOut(string what, string why) => report.Add(new CheckLine(what, 0, 0, why));

    private static double Largest(IReadOnlyList<double> actual, IReadOnlyList<double> expected)
    {
        var largest = 0.0;
        for (var i = 0; i < expected.Count; i++)
            // The negation lets NaN count.
            if (Math.Abs(actual[i] - expected[i]) is var difference && !(difference <= largest))
                largest = double.IsNaN(difference) ? double.PositiveInfinity : difference;
        return largest;
    }
}
