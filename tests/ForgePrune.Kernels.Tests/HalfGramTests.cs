namespace ForgePrune.Kernels.Tests;

/// <summary>Widening rounds nothing, so the float32 Gram of the widened values must come out, bit by bit.</summary>
public sealed class HalfGramTests
{
    [Test]
    public void Has_the_bits_of_the_float32_gram_for_every_small_size_and_stride()
    {
        var random = Made.Random(71);
        for (var cols = 0; cols <= 40; cols++)
            Check(random, random.Next(41), cols, cols % 5, 1);
    }

    [TestCase(255, 33, 1)]
    [TestCase(256, 33, 2)]
    [TestCase(600, 130, 3)]
    public void Has_the_bits_of_the_float32_gram_across_token_blocks(int tokens, int cols, int threads) => Check(Made.Random(tokens), tokens, cols, 3, threads);

    [Test]
    public void A_span_too_short_is_refused() =>
        Assert.That(() => HalfGram.Accumulate(new Half[3], 2, 2, 2, new double[4], 2, threads: 0), Throws.ArgumentException.With.Message.Contains("2 x 2"));

    private static void Check(Random random, int tokens, int cols, int extra, int threads)
    {
        var (stride, gramStride) = (cols + extra, cols + 2 * extra);
        var halves = Made.Floats(random, tokens * stride).Select(x => (Half)x).ToArray();
        var brains = Made.Floats(random, tokens * stride).Select(x => (ushort)(BitConverter.SingleToUInt32Bits(x) >> 16)).ToArray();
        var start = Made.Spd(random, cols, gramStride);

        var actual = (double[])start.Clone();
        HalfGram.Accumulate(halves, tokens, cols, stride, actual, gramStride, threads);
        Assert.That(actual, Is.EqualTo(Expected([.. halves.Select(x => (float)x)])), $"f16, {tokens} x {cols}");

        actual = (double[])start.Clone();
        HalfGram.AccumulateBFloat16(brains, tokens, cols, stride, actual, gramStride, threads);
        Assert.That(actual, Is.EqualTo(Expected([.. brains.Select(x => BitConverter.UInt32BitsToSingle((uint)x << 16))])), $"bf16, {tokens} x {cols}");

        double[] Expected(float[] x)
        {
            var gram = (double[])start.Clone();
            Gram.Accumulate(x, tokens, cols, stride, gram, gramStride, threads);
            return gram;
        }
    }
}
