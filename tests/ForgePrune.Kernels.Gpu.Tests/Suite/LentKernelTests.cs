using System.Runtime.InteropServices;

namespace ForgePrune.Kernels.Gpu.Tests;

/// <summary>The kernels that make activations of other libraries into those of our sums.</summary>
[TestFixtureSource(typeof(Devices), nameof(Devices.Names))]
[NonParallelizable]
public sealed class LentKernelTests(string name)
{
    private const int Values = 1 << 16;

    [TestCase("F16")]
    [TestCase("BF16")]
    [Category("Slow")]
    public unsafe void Every_number_of_16_bits_is_widened_as_in_net(string kind)
    {
        const int cols = Values / GramKernels.Tokens;
        var type = Enum.Parse<LentType>(kind);
        ushort[] bits = [.. Enumerable.Range(0, Values).Select(value => (ushort)value)];
        var device = Devices.Open(name);
        float[] expected = Array.ConvertAll(bits, value => type == LentType.F16
            ? (float)BitConverter.UInt16BitsToHalf(value) : BitConverter.UInt32BitsToSingle((uint)value << 16));
        using var copies = new HostCopies();
        using DeviceMatrix<float> slab = new(device, GpuGramSum.Slab, cols);
        var seen = new float[GpuGramSum.Slab * cols];
        fixed (ushort* x = bits)
        {
            new LentReader(device, copies).Pass(new(HostCopies.Memory, (nint)x, type, GramKernels.Tokens, cols, cols), new double[cols], slab,
                (_, _) => slab.Download(seen, cols));
        }

        Assert.That(Bits(seen)[..Values].ToArray(), Is.EqualTo(Bits(expected).ToArray()));
    }

    private static ReadOnlySpan<int> Bits(ReadOnlySpan<float> values) => MemoryMarshal.Cast<float, int>(values);
}
