using ForgePrune.Kernels;

namespace ForgePrune.Kernels.Tests.Training;

public sealed class ElementwiseTests
{
    private const double Epsilon = 1e-5;

    [Test]
    public void Norms_of_rows_and_their_gradients([Values(0, 1, 3, 130)] int rows, [Values(1, 2, 7, 8, 19)] int width)
    {
        var random = Made.Random(rows * 100 + width);
        float[] x = Made.Floats(random, rows * width), weight = Made.Floats(random, width), dy = Made.Floats(random, rows * width);
        float[] y = new float[rows * width], scales = new float[rows], dx = Made.Floats(random, rows * width), dWeight = Made.Floats(random, width);
        var (before, weightBefore) = (Gradients.Widen(dx), Gradients.Widen(dWeight));
        RmsNorm.Forward(x, rows, width, weight, Epsilon, y, scales, threads: 2);
        RmsNorm.Backward(x, rows, width, weight, scales, dy, dx, dWeight, threads: 2);
        Gradients.RequireNear(y, RmsNormReference.Forward(Gradients.Widen(x), Gradients.Widen(weight), Epsilon), width, "y");
        // A row of one small number has a scale of up to 1/√ε, and a gradient that is a difference of two such.
        var (expectedX, expectedWeight) = (
            Gradients.Of(x, dy, point => RmsNormReference.Forward(point, Gradients.Widen(weight), Epsilon)),
            Gradients.Of(weight, dy, point => RmsNormReference.Forward(Gradients.Widen(x), point, Epsilon)));
        var growth = (int)Math.Ceiling(scales.Length == 0 ? 1 : scales.Max());
        Gradients.RequireNear(dx, Sum(expectedX, before), growth * growth * (width + 8), "dx is added to");
        Gradients.RequireNear(dWeight, Sum(expectedWeight, weightBefore), rows + width, "dw is added to");
    }

    [TestCase(0, 1, 1, 2)]
    [TestCase(1, 1, 1, 2)]
    [TestCase(7, 3, 2, 6)]
    [TestCase(130, 5, 1, 6)]
    [TestCase(9, 4, 2, 18)]
    [TestCase(9, 4, 2, 18, 16)]
    [TestCase(7, 3, 2, 6, 2)]
    [TestCase(7, 3, 2, 5, 4)]
    [TestCase(7, 3, 2, 6, 0)]
    public void Turned_heads_and_their_gradients(int rows, int tokens, int heads, int headDim, int? part = null)
    {
        var width = part ?? headDim;
        var random = Made.Random(rows + headDim);
        float[] x = Made.Floats(random, rows * heads * headDim), dy = Made.Floats(random, rows * heads * headDim);
        var angles = Made.Doubles(random, tokens * width / 2);
        float[] cos = [.. angles.Select(angle => (float)Math.Cos(angle))], sin = [.. angles.Select(angle => (float)Math.Sin(angle))];
        double[] Turn(double[] point) => RotaryReference.Forward(point, tokens, heads, headDim, width, Gradients.Widen(cos), Gradients.Widen(sin));
        var expected = Gradients.Of(x, dy, Turn);
        var turned = (float[])x.Clone();
        Rotary.Forward(turned, rows, tokens, heads, headDim, width, cos, sin, threads: 2);
        Gradients.RequireNear(turned, Turn(Gradients.Widen(x)), 2, "x");
        Rotary.Backward(dy, rows, tokens, heads, headDim, width, cos, sin, threads: 2);
        Gradients.RequireNear(dy, expected, 2, "dx");
    }

    [TestCase(0)]
    [TestCase(1)]
    [TestCase(29)]
    [TestCase(20011)]
    public void Gated_units_and_their_gradients(int length)
    {
        var random = Made.Random(length);
        float[] gate = [.. Made.Floats(random, length).Select(value => 8 * value)], up = Made.Floats(random, length), dh = Made.Floats(random, length);
        float[] h = new float[length], dGate = new float[length], dUp = new float[length];
        SwiGlu.Forward(gate, up, h, threads: 2);
        SwiGlu.Backward(gate, up, dh, dGate, dUp, threads: 2);
        Gradients.RequireNear(h, SwiGluReference.Forward(Gradients.Widen(gate), Gradients.Widen(up)), 8, "h");
        // Element by element, so all of them move at once and each tells its own slope.
        double[] At(double byGate, double byUp) => SwiGluReference.Forward([.. gate.Select(value => value + byGate)], [.. up.Select(value => value + byUp)]);
        const double step = 1e-5;
        double[] Slope(double[] above, double[] below) => [.. above.Select((value, i) => dh[i] * (value - below[i]) / (2 * step))];
        Gradients.RequireNear(dGate, Slope(At(step, 0), At(-step, 0)), 8, "dGate");
        Gradients.RequireNear(dUp, Slope(At(0, step), At(0, -step)), 8, "dUp");
    }

    [TestCase(0)]
    [TestCase(1)]
    [TestCase(29)]
    [TestCase(20011)]
    public void Units_gated_by_gelu_and_their_gradients(int length)
    {
        var random = Made.Random(length);
        float[] gate = [.. Made.Floats(random, length).Select(value => 6 * value)], up = Made.Floats(random, length), dh = Made.Floats(random, length);
        float[] h = new float[length], dGate = new float[length], dUp = new float[length];
        GeGlu.Forward(gate, up, h, threads: 2);
        GeGlu.Backward(gate, up, dh, dGate, dUp, threads: 2);
        // The argument of the sigmoid is up to 6·(1.6 + 0.07·36) = 25, and its rounding an absolute error of the logarithm of what the sigmoid gives; the
        // slope of the argument, up to 9.3, multiplies it once more.
        Gradients.RequireNear(h, GeGluReference.Forward(Gradients.Widen(gate), Gradients.Widen(up)), 32, "h");
        double[] At(double byGate, double byUp) => GeGluReference.Forward([.. gate.Select(value => value + byGate)], [.. up.Select(value => value + byUp)]);
        const double step = 1e-5;
        double[] Slope(double[] above, double[] below) => [.. above.Select((value, i) => dh[i] * (value - below[i]) / (2 * step))];
        Gradients.RequireNear(dGate, Slope(At(step, 0), At(-step, 0)), 128, "dGate");
        Gradients.RequireNear(dUp, Slope(At(0, step), At(0, -step)), 32, "dUp");
    }

    [TestCase(0, 5)]
    [TestCase(1, 1)]
    [TestCase(3, 17)]
    [TestCase(300, 11)]
    public void Scaled_columns_and_their_gradients(int rows, int width)
    {
        var random = Made.Random(rows + width);
        float[] x = Made.Floats(random, rows * width), scale = Made.Floats(random, width), d = Made.Floats(random, rows * width);
        float[] y = new float[rows * width], dScale = Made.Floats(random, width);
        double[] Scaled(double[] point, double[] by) => [.. point.Select((value, i) => value * by[i % width])];
        double[] dx = Gradients.Of(x, d, point => Scaled(point, Gradients.Widen(scale))),
            ds = Gradients.Of(scale, d, point => Scaled(Gradients.Widen(x), point));
        double[] expected = [.. dScale.Select((value, col) => value + ds[col])];
        ColumnScale.Forward(x, rows, width, scale, y, threads: 2);
        ColumnScale.Backward(x, rows, width, scale, d, dScale, threads: 2);
        Gradients.RequireNear(y, Scaled(Gradients.Widen(x), Gradients.Widen(scale)), 1, "y");
        Gradients.RequireNear(d, dx, 1, "dx");
        Gradients.RequireNear(dScale, expected, rows, "ds is added to");
    }

    [TestCase(0, 5)]
    [TestCase(3, 1)]
    [TestCase(300, 11)]
    public void Biases_and_their_gradients(int rows, int width)
    {
        var random = Made.Random(rows + width);
        float[] y = Made.Floats(random, rows * width), bias = Made.Floats(random, width), gradient = Made.Floats(random, width);
        var expected = y.Select((value, i) => (double)value + bias[i % width]).ToArray();
        var sums = gradient.Select((value, col) => value + Enumerable.Range(0, rows).Sum(row => (double)y[row * width + col])).ToArray();
        Bias.Backward(y, rows, width, gradient, threads: 2);
        Bias.Add(y, rows, width, bias);
        Gradients.RequireNear(y, expected, 2, "y");
        Gradients.RequireNear(gradient, sums, rows, "the sum of the rows");
    }

    [Test]
    public void Embedded_rows_and_their_gradients_of_repeated_ids()
    {
        const int vocab = 40, width = 9, tokens = 200;
        var random = Made.Random(5);
        float[] table = Made.Floats(random, vocab * width), x = new float[tokens * width], dx = Made.Floats(random, tokens * width),
            dTable = new float[vocab * width];
        int[] ids = [.. Enumerable.Range(0, tokens).Select(_ => random.Next(vocab / 2))];
        EmbeddingRows.Gather(table, vocab, width, ids, x);
        EmbeddingRows.ScatterAdd(dx, ids, vocab, width, dTable, threads: 2);
        var expected = new double[vocab * width];
        for (var i = 0; i < x.Length; i++)
        {
            Assert.That(x[i], Is.EqualTo(table[ids[i / width] * width + i % width]));
            expected[ids[i / width] * width + i % width] += dx[i];
        }

        Gradients.RequireNear(dTable, expected, tokens, "every row gets its own tokens");
    }

    [TestCase(-1)]
    [TestCase(4)]
    public void A_token_outside_the_vocabulary_is_refused(int id)
    {
        Assert.That(() => EmbeddingRows.Gather(new float[8], 4, 2, [id], new float[2]), Throws.ArgumentException.With.Message.Contains("from 0 to 3"));
        Assert.That(() => EmbeddingRows.ScatterAdd(new float[2], [id], 4, 2, new float[8], threads: 0), Throws.ArgumentException);
    }

    private static double[] Sum(double[] a, double[] b) => [.. a.Select((value, i) => value + b[i])];
}
