namespace ForgePrune.Kernels.Gpu.Tests.Ptx;

/// <summary>
/// The kernels for tensor cores, which neither ILGPU's CPU accelerator nor the simulation runs: their kept PTX, instruction by instruction, with products that
/// follow the PTX ISA's own words for who holds what. What a wrong index, a wrong register or a missing barrier would do shows here without a GPU.
/// </summary>
[TestFixture("gram_tf32", 10)]
[TestFixture("gram_bf16", 7)]
public sealed class TensorGramTests(string kernel, int bits)
{
    private readonly PtxProgram program = InterpretedGram.Program(kernel);

    [Test]
    [Category("Slow")]
    public void Whole_numbers_give_the_exact_gram_at_every_small_size()
    {
        for (var cols = 1; cols <= 13; cols++)
            foreach (var tokens in new[] { 0, 1, 2, 3, 7, 8, 9, 15, 16, 17, 33 })
                IsExact(cols, 0, tokens);
    }

    // Several tiles; rows that do not begin at multiples of 16 bytes; a block of tokens in the middle; the longest block.
    [TestCase(40, 0, 24)]
    [TestCase(128, 0, 17)]
    [TestCase(130, 3, 21)]
    [TestCase(260, 8, 16)]
    [TestCase(36, 0, 256)]
    [Category("Slow")]
    public void Whole_numbers_give_the_exact_gram(int cols, int first, int count) => IsExact(cols, first, count);

    // Numbers up to 15 are exact in both formats, and so are the float32 sums of 256 products of theirs.
    private void IsExact(int cols, int first, int count)
    {
        var random = Kernels.Tests.Made.Random(1000 * cols + 10 * count + first);
        var x = Enumerable.Range(0, (first + count + 2) * cols).Select(_ => (float)random.Next(-15, 16)).ToArray();
        var gram = Enumerable.Range(0, cols * cols).Select(_ => (double)random.Next(100)).ToArray();
        foreach (var reversed in new[] { false, true })
        {
            var actual = InterpretedGram.Add(program, x, first, count, cols, gram, reversed);
            for (var row = 0; row < cols; row++)
                for (var col = 0; col <= row; col++)
                {
                    var expected = gram[row * cols + col];
                    for (var token = first; token < first + count; token++)
                        expected += x[token * cols + row] * x[token * cols + col];
                    if (actual[row * cols + col] != expected)
                        Assert.Fail($"{cols} columns, tokens {first} to {first + count}: ({row}, {col}) is {actual[row * cols + col]} and should be {expected}");
                }
        }
    }

    [Test]
    [Category("Slow")]
    public void Activations_are_rounded_to_nearest()
    {
        // Halves, which the two formats round differently, the neighbours of halves, and what rounds up to the next power of two.
        var unit = MathF.Pow(2, -bits);
        foreach (var value in new[] { 1 + unit / 2, 1 + 3 * unit / 2, 1 + unit / 2 + unit / 256, 1 + unit / 2 - unit / 256, 2 - unit / 4, -1 - 3 * unit / 2,
            1e-3f, 1e20f / 3, 0f })
            Assert.That(InterpretedGram.Add(program, [value], 0, 1, 1, [0])[0], Is.EqualTo((float)(Rounded(value) * Rounded(value))), $"{value:R}");
    }

    [TestCase(float.NaN)]
    [TestCase(float.PositiveInfinity)]
    [TestCase(float.NegativeInfinity)]
    public void What_is_not_finite_stays_so(float value) => Assert.That(double.IsFinite(InterpretedGram.Add(program, [value, 1], 0, 2, 1, [0])[0]), Is.False);

    // NaN with bits only where the formats have none, and with all bits, which rounding could carry over into the sign.
    [TestCase(0x7F800001)]
    [TestCase(0x7FFFFFFF)]
    public void No_nan_becomes_a_number(int nan) => What_is_not_finite_stays_so(BitConverter.Int32BitsToSingle(nan));

    [Test]
    public void Equals_the_float64_gram_of_the_rounded_activations()
    {
        const int tokens = 70, cols = 21;
        var random = Kernels.Tests.Made.Random(77);
        var x = Kernels.Tests.Made.Floats(random, tokens * cols);
        var (expected, exact) = (new double[cols * cols], new double[cols * cols]);
        var rounded = Array.ConvertAll(x, value => (float)Rounded(value));
        GramReference.AccumulateCross(rounded, cols, cols, rounded, cols, cols, tokens, expected, cols);
        GramReference.AccumulateCross(x, cols, cols, x, cols, cols, tokens, exact, cols);
        var actual = InterpretedGram.Add(program, x, 0, tokens, cols, new double[cols * cols]);
        for (var row = 0; row < cols; row++)
            for (var col = 0; col <= row; col++)
            {
                var at = row * cols + col;
                // Sums below 70, rounded once for every 8 or 16 tokens, by half an epsilon of 64 or less.
                Assert.That(actual[at], Is.EqualTo(expected[at]).Within(Kernels.Tests.Made.FloatEpsilon * 32 * 9));
                // Two factors, each off by half a unit of the last of its bits.
                Assert.That(actual[at], Is.EqualTo(exact[at]).Within(tokens * Math.Pow(2, -bits) * 1.01));
            }
    }

    [TestCase(0)]
    [TestCase(1)]
    [Category("Slow")]
    public void Each_barrier_is_needed(int barrier)
    {
        Assert.That(program.Barriers, Is.EqualTo(2));
        var without = program.WithoutBarrier(barrier);
        var random = Kernels.Tests.Made.Random(78);
        var x = Kernels.Tests.Made.Floats(random, 40 * 130);
        var zero = new double[130 * 130];
        var right = InterpretedGram.Add(program, x, 0, 40, 130, zero);
        Assert.That(
            InterpretedGram.Add(without, x, 0, 40, 130, zero).SequenceEqual(right)
                && InterpretedGram.Add(without, x, 0, 40, 130, zero, reversed: true).SequenceEqual(right),
            Is.False);
    }

    /// <summary>Rounded to so many bits behind the point: halves away from zero in tf32, to even in bf16.</summary>
    private double Rounded(float value)
    {
        if (value == 0)
            return 0;
        var unit = Math.Pow(2, Math.ILogB(value) - bits);
        return Math.Round(value / unit, bits == 10 ? MidpointRounding.AwayFromZero : MidpointRounding.ToEven) * unit;
    }
}
