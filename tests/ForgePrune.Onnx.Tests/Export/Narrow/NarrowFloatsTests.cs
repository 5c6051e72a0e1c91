using System.Runtime.InteropServices;
using ForgePrune.Onnx.Export;
using ForgePrune.Onnx.Graphs;

namespace ForgePrune.Onnx.Tests.Export.Narrow;

public sealed class NarrowFloatsTests
{
    private const int Seed = 7;

    /// <summary>Bits of the nearest bfloat16: of the two beside a value the nearer, of two as near the even one. All differences are exact in
    /// float64.</summary>
    private static ushort Nearest(double value)
    {
        var below = (ushort)(BitConverter.SingleToUInt32Bits((float)value) >> 16);
        // float32 may have been rounded across a bfloat16, so one more to either side.
        var candidates = Enumerable.Range(below - 1, 3).Select(bits => (ushort)bits);
        return candidates.OrderBy(bits => Math.Abs(Value(bits) - value)).ThenBy(bits => bits & 1).First();
    }

    private static double Value(ushort bits) => BitConverter.UInt32BitsToSingle((uint)bits << 16);

    [Test]
    public void Every_float32_becomes_its_nearest_bfloat16()
    {
        TestContext.Out.WriteLine($"seed {Seed}");
        var random = new Random(Seed);
        for (var i = 0; i < 20000; i++)
        {
            var value = (float)((random.NextDouble() - 0.5) * Math.Pow(2, random.Next(-100, 100)));
            // Every fourth lies half way between two.
            if (i % 4 == 0)
                value = BitConverter.UInt32BitsToSingle((BitConverter.SingleToUInt32Bits(value) & 0xFFFF0000) | 0x8000);
            Assert.That(NarrowFloats.BFloat16(value), Is.EqualTo(Nearest(value)), $"{value:r}");
        }
    }

    [Test]
    public void Every_float64_is_rounded_once()
    {
        TestContext.Out.WriteLine($"seed {Seed}");
        var random = new Random(Seed);
        for (var i = 0; i < 20000; i++)
        {
            var middle = (double)BitConverter.UInt32BitsToSingle((BitConverter.SingleToUInt32Bits((float)(random.NextDouble() + 0.01)) & 0xFFFF0000) | 0x8000);
            // So close to half way between two that float32 is half way, and even there would be wrong.
            var value = (random.Next(2) == 0 ? -1 : 1) * middle * (1 + ((random.NextDouble() - 0.5) * Math.Pow(2, -random.Next(24, 50))));
            Assert.That(NarrowFloats.BFloat16(value), Is.EqualTo(Nearest(value)), $"{value:r}");
        }
    }

    [Test]
    public void Float16_of_float64_makes_no_stop_at_float32()
    {
        // A hair above the middle between 1 and the next float16; in float32 exactly the middle, and 1 is even.
        var value = 1 + Math.Pow(2, -11) + Math.Pow(2, -40);
        Assert.That(Written(value, OnnxType.Float16), Is.EqualTo(BitConverter.HalfToUInt16Bits((Half)(1 + Math.Pow(2, -10)))));
        Assert.That((Half)(float)value, Is.EqualTo((Half)1));
    }

    [TestCase(0)]
    [TestCase(1)]
    [TestCase((1 << 16) + 3)]
    public void Any_number_of_values_is_written(int count)
    {
        float[] values = [.. Enumerable.Range(0, count).Select(i => i / 8f)];
        foreach (var (type, bytes) in new[] { (OnnxType.Float, 4), (OnnxType.Float16, 2), (OnnxType.BFloat16, 2) })
        {
            using var stream = new MemoryStream();
            NarrowFloats.Write(stream, values, type);
            Assert.That(stream.Length, Is.EqualTo(count * bytes));
            if (type == OnnxType.Float16)
                Assert.That(MemoryMarshal.Cast<byte, Half>(stream.ToArray()).ToArray(), Is.EqualTo(values.Select(value => (Half)value)));
        }
    }

    private static ushort Written(double value, OnnxType type)
    {
        using var stream = new MemoryStream();
        NarrowFloats.Write(stream, [value], type);
        return BitConverter.ToUInt16(stream.ToArray());
    }
}
