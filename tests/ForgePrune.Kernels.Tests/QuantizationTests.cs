using ForgePrune.Kernels;

namespace ForgePrune.Kernels.Tests;

public sealed class QuantizationTests
{
    private static readonly QuantizationFormat[] Formats =
        [.. from bits in new[] { 4, 8 } from block in new[] { 16, 32, 64, 128 } from symmetric in new[] { true, false } select new QuantizationFormat(bits,
            block, symmetric)];

    private static readonly QuantizationFormat Four = new(4, 32, symmetric: true);

    // 300 rows and 300 columns: several strips, bundles and blocks that do not come out even.
    private static IEnumerable<(int Rows, int Cols)> Shapes =>
        [(0, 0), (0, 7), (1, 0), (1, 1), (3, 15), (5, 16), (2, 17), (7, 127), (4, 128), (9, 129), (33, 300)];

    [TestCaseSource(nameof(Formats))]
    public void Rounding_equals_the_plain_algorithm(QuantizationFormat format)
    {
        foreach (var (rows, cols) in Shapes)
        {
            var (w, stride) = (Weights(Made.Random(rows + (1000 * cols)), rows, cols + 3), cols + 3);
            AssertSame(RoundToNearest.Run(w, rows, cols, stride, format, threads: 0), QuantizationReference.RoundToNearest(w, rows, cols, stride, format));
        }
    }

    [TestCaseSource(nameof(Formats))]
    [Category("Slow")]
    public void Gptq_equals_elimination_step_by_step(QuantizationFormat format)
    {
        foreach (var (rows, cols) in Shapes)
        {
            var random = Made.Random(rows + (1000 * cols) + 1);
            var (w, stride, h) = (Weights(random, rows, cols + 3), cols + 3, Made.Spd(random, cols, cols));
            AssertSame(Run(w, rows, cols, stride, format, h), QuantizationReference.Gptq(w, rows, cols, stride, format, Made.Inverse(h, cols)));
        }
    }

    [TestCase(4)]
    [TestCase(8)]
    public void Gptq_is_rounding_where_inputs_are_independent(int bits)
    {
        const int rows = 6, cols = 150;
        var (random, format) = (Made.Random(bits), new QuantizationFormat(bits, 32, symmetric: true));
        var w = Weights(random, rows, cols);
        var h = new double[cols * cols];
        for (var i = 0; i < cols; i++)
            h[i * cols + i] = 0.1 + random.NextDouble();
        AssertSame(Run(w, rows, cols, cols, format, h), RoundToNearest.Run(w, rows, cols, cols, format, threads: 0));
    }

    [TestCaseSource(nameof(Formats))]
    [Category("Slow")]
    public void Gptq_errs_less_than_rounding(QuantizationFormat format)
    {
        const int rows = 12, cols = 96;
        double rounded = 0, fed = 0;
        for (var seed = 0; seed < 5; seed++)
        {
            var random = Made.Random(50 + seed);
            var (w, h) = (Weights(random, rows, cols), Made.Spd(random, cols, cols));
            rounded += QuantizationReference.Error(w, cols, RoundToNearest.Run(w, rows, cols, cols, format, threads: 0), h);
            fed += QuantizationReference.Error(w, cols, Run(w, rows, cols, cols, format, h), h);
        }
        TestContext.Out.WriteLine($"error of GPTQ: {fed / rounded:0.000} of that of rounding");
        Assert.That(fed, Is.LessThan(rounded));
    }

    [Test]
    public void No_way_to_round_up_or_down_is_much_better_than_gptq()
    {
        // Twelve weights: all 4096 ways to round each up or down are tried. GPTQ rounds greedily, so it need not be best; it must lie between best and nearest.
        const int cols = 12, seeds = 40;
        double best = 0, fed = 0, rounded = 0;
        for (var seed = 0; seed < seeds; seed++)
        {
            var random = Made.Random(200 + seed);
            var (w, h) = (Weights(random, 1, cols), Made.Spd(random, cols, cols));
            var nearest = RoundToNearest.Run(w, 1, cols, cols, Four, threads: 0);
            rounded += QuantizationReference.Error(w, cols, nearest, h);
            fed += QuantizationReference.Error(w, cols, Run(w, 1, cols, cols, Four, h), h);
            best += BestRounding(w, h, nearest.Grid(0, 0));
        }
        TestContext.Out.WriteLine($"best {best:0.0000}, GPTQ {fed:0.0000}, nearest {rounded:0.0000}");
        // One block: both take the same grid, so the best of all roundings bounds both from below. Float32 values against double: 1e-6 of slack.
        Assert.That(fed, Is.GreaterThanOrEqualTo(best * (1 - 1e-6)).And.LessThan(rounded));
        Assert.That(fed - best, Is.LessThan((rounded - best) / 2), "most of what rounding loses is won back");
    }

    [Test]
    public void Threads_strides_and_panels_change_nothing()
    {
        const int cols = 70, rows = 1100;
        var random = Made.Random(9);
        var (w, h) = (Weights(random, rows, cols), Made.Spd(random, cols, cols));
        var expected = Run(w, rows, cols, cols, Four, h);
        var spread = new float[rows * (cols + 5)];
        for (var row = 0; row < rows; row++)
            w.AsSpan(row * cols, cols).CopyTo(spread.AsSpan(row * (cols + 5)));
        foreach (var threads in new[] { 1, 2, 5 })
            AssertSame(Gptq.Run(spread, rows, cols, cols + 5, Four, InverseFactor.Of((double[])h.Clone(), cols, threads), threads), expected);
        // Rows are independent, so those behind the first panel must come out as they do alone.
        Assert.That(Run(w[(1050 * cols)..], 50, cols, cols, Four, h).Codes, Is.EqualTo(expected.Codes[(1050 * cols)..]));
    }

    [TestCaseSource(nameof(Formats))]
    public void No_weight_moves_further_than_its_grid_allows(QuantizationFormat format)
    {
        const int rows = 20, cols = 200;
        var w = Weights(Made.Random(3), rows, cols);
        var quantized = RoundToNearest.Run(w, rows, cols, cols, format, threads: 0);
        var values = quantized.Values();
        for (var i = 0; i < w.Length; i++)
        {
            // Half a step, a whole one on the side of a symmetric block that has one code less; float32 rounds the scale and the product.
            double step = Math.Abs(quantized.Grid(i / cols, i % cols / format.Block).Scale);
            Assert.That(Math.Abs(w[i] - values[i]), Is.LessThanOrEqualTo(step * (format.Symmetric ? 1 : 0.5) * (1 + 1e-4)));
        }
        Assert.That(RoundToNearest.Run(values, rows, cols, cols, format, threads: 0).Values(), Is.EqualTo(values).Within(1e-5),
            "rounding again changes nothing");
    }

    [Test]
    public void Zeros_stay_zeros()
    {
        foreach (var format in Formats)
        {
            var w = new float[3 * 40];
            w[50] = 1;
            Assert.That(RoundToNearest.Run(w, 3, 40, 40, format, threads: 0).Values().Where(value => value != 0), Has.Exactly(1).EqualTo(1f).Within(1e-6));
        }
    }

    [TestCase(float.NaN)]
    [TestCase(float.NegativeInfinity)]
    public void Weights_that_are_no_numbers_are_refused(float bad)
    {
        Assert.That(() => RoundToNearest.Run([1, bad], 1, 2, 2, Four, threads: 0),
            Throws.InstanceOf<ArithmeticException>().Or.InnerException.InstanceOf<ArithmeticException>());
        Assert.That(() => Gptq.Run([1, bad], 1, 2, 2, Four, InverseFactor.Of([1, 0, 0, 1], 2, threads: 0), threads: 0),
            Throws.InstanceOf<ArithmeticException>());
    }

    [Test]
    public void What_cannot_be_is_said()
    {
        Assert.That(() => new QuantizationFormat(3, 32, true), Throws.ArgumentException);
        Assert.That(() => new QuantizationFormat(4, 48, true), Throws.ArgumentException);
        Assert.That(() => new QuantizationFormat(4, 8, true), Throws.ArgumentException);
        Assert.That(() => new QuantizationFormat(4, 512, true), Throws.ArgumentException, "some runtimes give zeros");
        Assert.That(() => InverseFactor.Of([1, 0, 0, -1], 2, threads: 0), Throws.InstanceOf<NotPositiveDefiniteException>());
        Assert.That(() => Gptq.Run([1, 1, 1], 1, 3, 3, Four, InverseFactor.Of([1, 0, 0, 1], 2, threads: 0), threads: 0), Throws.ArgumentException);
        Assert.That(() => RoundToNearest.Run([1], 1, 2, 2, Four, threads: 0), Throws.ArgumentException);
    }

    [Test]
    public void Packed_bytes_unpack_to_the_codes()
    {
        foreach (var format in Formats)
            foreach (var (rows, cols) in Shapes)
            {
                var matrix = RoundToNearest.Run(Weights(Made.Random(cols), rows, cols), rows, cols, cols, format, threads: 0);
                byte[] packed = PackedCodes.Weights(matrix), zeros = PackedCodes.Zeros(matrix);
                var blocks = matrix.Blocks;
                Assert.That(packed, Has.Length.EqualTo(rows * blocks * format.Block * format.Bits / 8));
                Assert.That(zeros, Has.Length.EqualTo(rows * ((blocks * format.Bits + 7) / 8)));
                for (var row = 0; row < rows; row++)
                {
                    for (var col = 0; col < blocks * format.Block; col++)
                        Assert.That(Unpack(packed, row * blocks * format.Block + col, format.Bits),
                            Is.EqualTo(col < cols ? matrix.Codes[row * cols + col] : matrix.Zeros[row * blocks + (col / format.Block)]));
                    for (var block = 0; block < blocks; block++)
                        Assert.That(Unpack(zeros[(row * (zeros.Length / rows))..], block, format.Bits), Is.EqualTo(matrix.Zeros[row * blocks + block]));
                }
            }
    }

    /// <summary>Weights with a tail, as trained ones have.</summary>
    private static float[] Weights(Random random, int rows, int cols) =>
        [.. Made.Doubles(random, rows * cols).Select(x => (float)(x * x * x + 0.1 * x))];

    private static QuantizedMatrix Run(float[] w, int rows, int cols, int stride, QuantizationFormat format, double[] h) =>
        Gptq.Run(w, rows, cols, stride, format, InverseFactor.Of((double[])h.Clone(), cols, threads: 0), threads: 0);

    private static double BestRounding(float[] w, double[] h, QuantizationGrid grid)
    {
        var n = w.Length;
        var best = double.PositiveInfinity;
        var delta = new double[n];
        for (var choice = 0; choice < 1 << n; choice++)
        {
            var error = 0.0;
            for (var i = 0; i < n; i++)
            {
                var code = Math.Clamp(Math.Floor(w[i] / (double)grid.Scale) + ((choice >> i) & 1) + grid.Zero, 0, grid.Top);
                delta[i] = w[i] - (code - grid.Zero) * grid.Scale;
            }
            for (var i = 0; i < n; i++)
                for (var k = 0; k < n; k++)
                    error += delta[i] * h[i * n + k] * delta[k];
            best = Math.Min(best, error);
        }
        return best;
    }

    private static int Unpack(ReadOnlySpan<byte> packed, int index, int bits) =>
        bits == 8 ? packed[index] : (packed[index / 2] >> (index % 2 * 4)) & 15;

    private static void AssertSame(QuantizedMatrix actual, QuantizedMatrix expected)
    {
        Assert.That(actual.Codes, Is.EqualTo(expected.Codes));
        Assert.That(actual.Zeros, Is.EqualTo(expected.Zeros));
        // A scale is one division of a weight that error feedback moved: both ways agree to 1e-12, float32 rounds to 6e-8.
        for (var i = 0; i < expected.Scales.Length; i++)
            Assert.That(actual.Scales[i], Is.EqualTo(expected.Scales[i]).Within(2 * Made.FloatEpsilon * Math.Abs(expected.Scales[i])));
    }
}
