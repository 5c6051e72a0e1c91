namespace ForgePrune.Kernels.Tests;

/// <summary>Matrices of more than 2³¹ elements, such as the Gram of 53,248 columns. The rows lie so far apart that the last ones begin behind element 2³¹,
/// and every result must have the bits of the same matrix without gaps.</summary>
public sealed class LongArrayTests
{
    // Above two bases of the recursions, so that they cut; the last row begins at element 2,281,703,640.
    private const int N = 137, Stride = (1 << 24) + 24;

    [TestCase(0)]
    [TestCase(1)]
    [TestCase(8)]
    [TestCase(1003)]
    public void Elements_in_lines_are_those_of_an_array(int length)
    {
        var values = Made.Doubles(Made.Random(1), length);
        var lines = LongArray<double>.OfLines(length);
        ((LongSpan<double>)values).CopyTo(lines);
        Assert.That(lines.Length, Is.EqualTo(length));
        Assert.That(lines, Is.EqualTo(values));
        Assert.That(lines.AsSpan().ToArray(), Is.EqualTo(values));
        Assert.That(lines.AsLongSpan().ToArray(), Is.EqualTo(values));
        for (var i = 0; i < length; i++)
            Assert.That(lines[i], Is.EqualTo(values[i]));
        lines.AsLongSpan().Clear();
        Assert.That(lines.AsSpan().ContainsAnyExcept(0.0), Is.False);
    }

    [Test]
    public void Single_bytes_and_floats_fill_lines_too()
    {
        var bytes = LongArray<byte>.OfLines(130);
        for (var i = 0; i < 130; i++)
            bytes[i] = (byte)i;
        Assert.That(bytes, Is.EqualTo(Enumerable.Range(0, 130)));
        var floats = LongArray<float>.OfLines(17);
        floats[16] = 3;
        Assert.That(floats.AsLongSpan().Slice(16)[0], Is.EqualTo(3f));
    }

    [TestCase(-1)]
    [TestCase(5)]
    [TestCase(1L << 32)]
    public void Elements_that_are_not_there_are_refused(long index)
    {
        var five = LongArray<double>.OfLines(5);
        Assert.That(() => five[index], Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(() => { five.AsLongSpan().Span(index, 1); }, Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(() => { five.AsLongSpan().Slice(index == 5 ? 6 : index); }, Throws.InstanceOf<ArgumentOutOfRangeException>());
    }

    [Test]
    public void A_span_of_more_than_a_span_holds_is_refused()
    {
        using var memory = new SparseMemory(1L << 32);
        Assert.That(() => { memory.Span.Span(0, 1L << 31); }, Throws.InstanceOf<ArgumentOutOfRangeException>());
        memory.Span[(1L << 32) - 1] = 7;
        Assert.That(memory.Span.Slice(1L << 31).Span((1L << 31) - 1, 1)[0], Is.EqualTo(7));
    }

    [Test]
    public void Gram_factor_inverse_and_mirror_reach_behind_2_to_31()
    {
        var random = Made.Random(2);
        var x = Made.Floats(random, 300 * N);
        var gram = new double[N * N];
        Gram.Accumulate(x, 300, N, N, gram, N, threads: 2);
        using var memory = new SparseMemory((N - 1L) * Stride + N);
        Gram.Accumulate(x, 300, N, N, memory.Span, Stride, threads: 2);
        Assert.That(memory.Read(N, Stride), Is.EqualTo(gram));
        for (var i = 0; i < N; i++)
            (memory.Span[(long)i * Stride + i], gram[i * N + i]) = (gram[i * N + i] + 1, gram[i * N + i] + 1);
        Assert.That(Cholesky.Factor(memory.Span, N, Stride, threads: 2), Is.EqualTo(Cholesky.Factor(gram, N, N, threads: 2)).And.EqualTo(-1));
        Assert.That(memory.Read(N, Stride), Is.EqualTo(gram));
        var (sides, close) = (Made.Doubles(random, N * 3), new double[N * 3]);
        sides.CopyTo(close, 0);
        TriangularSolve.Lower(memory.Span, N, Stride, sides, 3, 3, threads: 2);
        TriangularSolve.Lower(gram, N, N, close, 3, 3, threads: 2);
        TriangularSolve.LowerTransposed(memory.Span, N, Stride, sides, 3, 3, threads: 2);
        TriangularSolve.LowerTransposed(gram, N, N, close, 3, 3, threads: 2);
        Assert.That(sides, Is.EqualTo(close));
        SpdInverse.FromFactor(memory.Span, N, Stride, threads: 2);
        SpdInverse.FromFactor(gram, N, N, threads: 2);
        Assert.That(memory.Read(N, Stride), Is.EqualTo(gram));
    }

    [Test]
    public void Elimination_and_level_factors_reach_behind_2_to_31()
    {
        const int rows = 20;
        var random = Made.Random(3);
        var (h, w) = (Made.Spd(random, N, N), Made.Doubles(random, rows * N));
        var (inverse, weightGram) = (Made.Inverse(h, N), Made.WeightGram(w, rows, N));
        using SparseMemory p = new((N - 1L) * Stride + N), g = new((N - 1L) * Stride + N);
        p.Write(inverse, N, Stride);
        g.Write(weightGram, N, Stride);
        var far = ChannelElimination.Run(p.Span, g.Span, N, [], Stride, threads: 2);
        var close = ChannelElimination.Run(inverse, weightGram, N, [], N, threads: 2);
        Assert.That(far.Order, Is.EqualTo(close.Order));
        Assert.That(far.Scores, Is.EqualTo(close.Scores));
        Assert.That(p.Read(N, Stride), Is.EqualTo(inverse));

        int[] survivors = [.. close.Order.Reverse()];
        g.Write(h, N, Stride);
        var expected = LevelFactor.FromWeights(h, N, N, w, rows, N, survivors, threads: 2);
        Assert.That(LevelFactor.FromWeights(g.Span, N, Stride, w, rows, N, survivors, threads: 2).Errors, Is.EqualTo(expected.Errors));
        var (x, y) = (new double[N * rows], new double[N * rows]);
        TriangularProduct.Lower(p.Span, N, Stride, Made.WeightGram(w, rows, N).AsSpan(0, N * rows), x, rows, threads: 2);
        TriangularProduct.Lower(inverse, N, N, Made.WeightGram(w, rows, N).AsSpan(0, N * rows), y, rows, threads: 2);
        Assert.That(x, Is.EqualTo(y));
    }
}
