namespace ForgePrune.Kernels.Tests;

public sealed class LargeArrayTests
{
    // Around and above the size from which the system is asked for large pages.
    [TestCase(0)]
    [TestCase(1)]
    [TestCase(1 << 18)]
    [TestCase((1 << 20) + 3)]
    public void Zeros_are_zeros_even_where_memory_was_used_before(int length)
    {
        LargeArray.Uninitialized<double>(length).AsSpan().Fill(double.NaN);
        GC.Collect();
        var zeros = LargeArray.Zeros<double>(length);
        Assert.That(zeros, Has.Length.EqualTo(length));
        Assert.That(zeros.AsSpan().ContainsAnyExcept(0.0), Is.False);
    }

    [Test]
    public void A_length_beyond_any_array_is_refused() => Assert.That(() => LargeArray.Zeros<float>(1L << 40), Throws.InstanceOf<OverflowException>());

    [Test]
    public void A_stride_is_the_least_odd_number_of_cache_lines()
    {
        for (var cols = 1; cols <= 300; cols++)
        {
            var (wide, narrow) = (LargeArray.Stride<double>(cols), LargeArray.Stride<float>(cols));
            Assert.That((wide % 16, wide >= cols, wide - cols < 16), Is.EqualTo((8, true, true)), $"{cols} doubles");
            Assert.That((narrow % 32, narrow >= cols, narrow - cols < 32), Is.EqualTo((16, true, true)), $"{cols} floats");
        }
        Assert.That(LargeArray.Stride<double>(4096), Is.EqualTo(4104));
    }
}
