using ForgePrune.Checkpoints;

namespace ForgePrune.Tests.Checkpoints;

/// <summary>Widening and the scan for NaN and infinity, against the framework's scalar conversions.</summary>
public sealed unsafe class StoredElementTests
{
    private static readonly int[] Lengths = [.. Enumerable.Range(0, 70), (1 << 18) - 1, 1 << 18, (1 << 18) + 1, (1 << 20) + 3];

    [Test]
    public void Widens_every_half()
    {
        ushort[] all = [.. Enumerable.Range(0, 1 << 16).Select(i => (ushort)i)];
        float[] widened = Widen(all, TensorType.F16, all.Length, 0);
        for (int i = 0; i < all.Length; i++)
        {
            float expected = (float)BitConverter.UInt16BitsToHalf(all[i]);
            if (float.IsNaN(expected) ? !float.IsNaN(widened[i]) : BitConverter.SingleToInt32Bits(widened[i]) != BitConverter.SingleToInt32Bits(expected))
                Assert.Fail($"half {i:X4} became {widened[i]:R}, not {expected:R}");
        }

        Assert.That(widened, Has.Length.EqualTo(1 << 16));
    }

    [Test]
    public void Widens_every_bfloat16()
    {
        ushort[] all = [.. Enumerable.Range(0, 1 << 16).Select(i => (ushort)i)];
        float[] widened = Widen(all, TensorType.BF16, all.Length, 0);
        Assert.That(widened.Select(BitConverter.SingleToUInt32Bits).SequenceEqual(all.Select(value => (uint)value << 16)));
    }

    [TestCase(0)]
    [TestCase(1)]
    public void Widens_every_length_at_any_alignment(int misalignment)
    {
        var random = new Random(31);
        foreach (int length in Lengths)
        {
            var stored = new ushort[length];
            for (int i = 0; i < length; i++)
                stored[i] = (ushort)random.Next(0x7C00);
            float[] half = Widen(stored, TensorType.F16, length, misalignment), brain = Widen(stored, TensorType.BF16, length, misalignment);
            Assert.That(half.AsSpan().SequenceEqual([.. stored.Select(value => (float)BitConverter.UInt16BitsToHalf(value))]), $"F16 of length {length}");
            Assert.That(brain.AsSpan().SequenceEqual([.. stored.Select(value => BitConverter.UInt32BitsToSingle((uint)value << 16))]),
                $"BF16 of length {length}");
        }
    }

    [Test]
    public void Finds_the_first_element_that_is_not_finite()
    {
        var random = new Random(32);
        foreach (int length in Lengths.Where(length => length > 0))
        {
            var stored = new ushort[length];
            int first = random.Next(length);
            foreach ((TensorType type, ushort exponent) in new[] { (TensorType.F16, (ushort)0x7C00), (TensorType.BF16, (ushort)0x7F80) })
            {
                Array.Fill(stored, (ushort)(exponent - 1));
                Assert.That(Scan(stored, type), Is.EqualTo(-1));
                stored[first] = exponent;
                stored[random.Next(first, length)] |= (ushort)(exponent | 0x8001);
                Assert.That(Scan(stored, type), Is.EqualTo(first), $"{type} of length {length}");
            }
        }
    }

    [TestCase(float.NaN, 5_000_000)]
    [TestCase(float.PositiveInfinity, 0)]
    [TestCase(float.NegativeInfinity, 4_999_999)]
    public void Finds_it_in_float32(float value, int index)
    {
        var values = new float[5_000_001];
        Array.Fill(values, float.MaxValue);
        (values[index], values[^1]) = (value, float.NaN);
        fixed (float* start = values)
            Assert.That(FiniteScan.FirstNotFinite((byte*)start, TensorType.F32, values.Length), Is.EqualTo(index));
    }

    private static float[] Widen(ushort[] stored, TensorType type, int length, int misalignment)
    {
        var bytes = new byte[(2 * length) + misalignment + 1];
        Buffer.BlockCopy(stored, 0, bytes, misalignment, 2 * length);
        var widened = new float[length];
        fixed (byte* start = bytes)
            Widening.ToSingle(start + misalignment, type, widened);
        return widened;
    }

    private static long Scan(ushort[] stored, TensorType type)
    {
        fixed (ushort* start = stored)
            return FiniteScan.FirstNotFinite((byte*)start, type, stored.Length);
    }
}
