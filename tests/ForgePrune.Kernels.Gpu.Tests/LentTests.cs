using System.Runtime.InteropServices;
using ILGPU.Runtime;

namespace ForgePrune.Kernels.Gpu.Tests;

/// <summary>Sums that read activations where another library computed them, beside the same by way of the host: equal to the bit. Of the kernels behind them,
/// those of Grams take minutes on a device that is watched; the others are in its suite (<see cref="LentKernelTests"/>).</summary>
[TestFixtureSource(typeof(Devices), nameof(Devices.Names))]
[NonParallelizable]
public sealed class LentTests(string name)
{
    private GpuPruning shared = null!;

    // One lane in a group on the processor, where barriers take most of the time; there are none in these kernels.
    private GpuDevice Device => Devices.Open(name == "ilgpu-cpu" ? "ilgpu-cpu:1" : name);

    [OneTimeSetUp]
    public void Open() => shared = Pruning(HostCopies.Open);

    [OneTimeTearDown]
    public void Close() => shared?.Dispose();

    // No token and no column, one of each, gaps between rows, and more than the 256 tokens of a float32 sum.
    [TestCase(0, 3, 0)]
    [TestCase(1, 1, 0)]
    [TestCase(4, 0, 1)]
    [TestCase(9, 12, 1)]
    [TestCase(300, 5, 0)]
    [TestCase(300, 3, 4)]
    [Category("Slow")]
    public unsafe void A_gram_has_the_bits_of_the_hosts(int tokens, int cols, int gap)
    {
        foreach (var type in Enum.GetValues<LentType>())
        {
            var (bytes, values) = Made(type, tokens, cols + gap);
            using IGramSum byHost = shared.Gram(cols), byDevice = shared.Gram(cols);
            double[] hostSums = [.. Enumerable.Range(0, cols)], deviceSums = [.. hostSums];
            // What comes from the host before and behind goes on in the same sum.
            foreach (var lends in new[] { false, true, true, false })
            {
                byHost.Add(values, tokens, cols + gap);
                Gram.AccumulateSum(values, tokens, cols, cols + gap, hostSums);
                if (lends)
                {
                    fixed (byte* x = bytes)
                        byDevice.Reader(HostCopies.Memory)!.Add(Lent(x, type, tokens, cols, gap), deviceSums);
                    continue;
                }

                byDevice.Add(values, tokens, cols + gap);
                Gram.AccumulateSum(values, tokens, cols, cols + gap, deviceSums);
            }

            Assert.That(byDevice.Finish(), Is.EqualTo(byHost.Finish()), $"{type}");
            Assert.That(deviceSums, Is.EqualTo(hostSums), $"{type}");
        }
    }

    [TestCase(0, 2, 3, 0)]
    [TestCase(1, 1, 1, 0)]
    [TestCase(7, 3, 0, 0)]
    [TestCase(7, 0, 3, 1)]
    [TestCase(300, 2, 3, 0)]
    [TestCase(261, 5, 4, 2)]
    [Category("Slow")]
    public unsafe void Moments_have_the_bits_of_the_hosts(int tokens, int rows, int cols, int gap)
    {
        var y = Kernels.Tests.Made.Floats(Kernels.Tests.Made.Random(tokens + rows), tokens * (rows + 1));
        foreach (var type in Enum.GetValues<LentType>())
        {
            var (bytes, values) = Made(type, tokens, cols + gap);
            using IMomentSum byHost = shared.Moments(rows, cols), byDevice = shared.Moments(rows, cols);
            double[] hostSums = new double[cols], deviceSums = new double[cols];
            foreach (var _ in new int[2])
            {
                byHost.Add(y, rows + 1, values, cols + gap, tokens);
                Gram.AccumulateSum(values, tokens, cols, cols + gap, hostSums);
                fixed (byte* x = bytes)
                    byDevice.Reader(HostCopies.Memory)!.Add(y, rows + 1, Lent(x, type, tokens, cols, gap), deviceSums);
            }

            var (expected, actual) = (byHost.Finish(), byDevice.Finish());
            Assert.That(actual.Gram, Is.EqualTo(expected.Gram), $"{type}");
            Assert.That(actual.Cross, Is.EqualTo(expected.Cross), $"{type}");
            Assert.That(deviceSums, Is.EqualTo(hostSums), $"{type}");
        }
    }

    [Test]
    public void What_cannot_be_read_has_no_reader_and_the_reason_is_said()
    {
        LentMemory other = new("made", 1);
        using (IGramSum gram = shared.Gram(2))
            Assert.That((gram.Reader(HostCopies.Memory) is null, gram.Reader(other)), Is.EqualTo((false, (ILentGram?)null)));
        using (IMomentSum moments = shared.Moments(1, 2))
            Assert.That((moments.Reader(HostCopies.Memory) is null, moments.Reader(other)), Is.EqualTo((false, (ILentMoments?)null)));
        Assert.That(Way(shared, other), Is.EqualTo($"activations pass the host on their way from made:1 to '{Device.Name}': nobody made it"));
        Assert.That(Way(shared, HostCopies.Memory), Is.EqualTo($"'{Device.Name}' reads activations in the memory of made:0, where they are computed"));
        Assert.That(Way(new DevicePool([shared, shared]), other), Is.EqualTo(Way(shared, other)), "said once");
        Assert.That(Way(new CpuDevice(1), other), Is.Null);
        using var cpu = new CpuDevice(1).Gram(2);
        Assert.That(cpu.Reader(HostCopies.Memory), Is.Null);
    }

    [Test]
    public void Sums_by_panels_go_by_the_host()
    {
        using var gpu = Pruning(HostCopies.Open, memoryBytes: 1 << 16);
        using IGramSum gram = gpu.Gram(40);
        using IMomentSum moments = gpu.Moments(3, 40);
        Assert.That((gram is PanelSum, moments is PanelSum), Is.EqualTo((true, true)));
        Assert.That((gram.Reader(HostCopies.Memory), moments.Reader(HostCopies.Memory)), Is.EqualTo(((ILentGram?)null, (ILentMoments?)null)));
    }

    // A wrong byte, an old one, and none at all.
    [TestCase("first")]
    [TestCase("last")]
    [TestCase("nothing")]
    public void Copies_that_differ_are_found_before_any_sum_is_left_to_them(string fault)
    {
        using var gpu = Pruning((_, _) => (new HostCopies(bytes =>
        {
            if (fault == "nothing")
                bytes.Clear();
            else
                bytes[fault == "first" ? 0 : ^1] ^= 0x80;
        }), null));
        using IGramSum gram = gpu.Gram(2);
        Assert.That(gram.Reader(HostCopies.Memory), Is.Null);
        Assert.That(Way(gpu, HostCopies.Memory), Does.EndWith(": what is read there in f32 differs from what the host wrote"));
    }

    [Test]
    public void Each_memory_is_opened_once_and_let_go()
    {
        var before = HostCopies.Opened;
        using (var gpu = Pruning(HostCopies.Open))
        {
            using IGramSum first = gpu.Gram(2), second = gpu.Gram(3);
            Assert.That((first.Reader(HostCopies.Memory) is null, second.Reader(HostCopies.Memory) is null), Is.EqualTo((false, false)));
            Assert.That(HostCopies.Opened, Is.EqualTo(before + 1));
        }

        Assert.That(HostCopies.Opened, Is.EqualTo(before));
    }

    [Test]
    public unsafe void What_does_not_fit_the_sum_is_refused()
    {
        using IGramSum gram = shared.Gram(2);
        var reader = gram.Reader(HostCopies.Memory)!;
        var x = new float[6];
        fixed (float* at = x)
        {
            LentMatrix lent = new(HostCopies.Memory, (nint)at, LentType.F32, 3, 2, 2);
            Assert.That(() => reader.Add(lent with { Cols = 3 }, new double[2]), Throws.ArgumentException.With.Message.Contains("has 3 columns"));
            Assert.That(() => reader.Add(lent with { Stride = 1 }, new double[2]), Throws.ArgumentException.With.Message.Contains("stride of 1"));
            Assert.That(() => reader.Add(lent with { Pointer = 0 }, new double[2]), Throws.ArgumentException.With.Message.Contains("no address"));
            Assert.That(() => reader.Add(lent, new double[1]), Throws.ArgumentException.With.Message.Contains("1 sums for 2"));
            Assert.That(() => reader.Add(lent with { Rows = -1 }, new double[2]), Throws.InstanceOf<ArgumentOutOfRangeException>());
        }
    }

    // On CUDA always: the thread's context would else stay ILGPU's.
    [Test]
    public void A_step_lets_its_thread_go()
    {
        var before = Device.LetsGo;
        Device.LetsGo = true;
        try
        {
            var sum = shared.Gram(2);
            IsLetGo("begun");
            sum.Add([1, 2], 1, 2);
            IsLetGo("added to");
            Assert.That(sum.Reader(HostCopies.Memory), Is.Not.Null);
            IsLetGo("opened");
            Assert.That(sum.Finish().AsSpan().ToArray(), Is.EqualTo(new[] { 1.0, 2, 2, 4 }), "found again by itself");
            IsLetGo("finished");
            sum.Dispose();
            IsLetGo("disposed of");
            shared.Factor(new double[] { 2, 0, 0, 2 }, 2, [1, 1], 1, [0, 1]);
            IsLetGo("factored");
        }
        finally
        {
            Device.LetsGo = before;
        }

        void IsLetGo(string when) => Assert.That(Accelerator.Current, Is.Not.SameAs(Device.Accelerator), when);
    }

    private GpuPruning Pruning(Func<GpuDevice, LentMemory, (ILentCopies? Copies, string? Fault)> open, long? memoryBytes = null) =>
        new(Device, threads: 1, memoryBytes, GramPrecision.F32, null, open);

    private static string? Way(IPruningDevice device, LentMemory memory) => device.Reading(memory);

    private static unsafe LentMatrix Lent(byte* x, LentType type, int tokens, int cols, int gap) =>
        // An array of no element has no address, and no row of it is read.
        new(HostCopies.Memory, (nint)x, type, tokens, cols, cols + gap);

    private static (byte[] Bytes, float[] Values) Made(LentType type, int rows, int stride)
    {
        var values = Kernels.Tests.Made.Floats(Kernels.Tests.Made.Random(rows + 3000 * stride), rows * stride);
        if (type == LentType.F32)
            return (MemoryMarshal.AsBytes<float>(values).ToArray(), values);
        ushort[] bits = type == LentType.F16
            ? Array.ConvertAll(values, value => BitConverter.HalfToUInt16Bits((Half)value))
            : Array.ConvertAll(values, value => (ushort)(BitConverter.SingleToUInt32Bits(value) >> 16));
        return (MemoryMarshal.AsBytes<ushort>(bits).ToArray(), Widened(bits, type));
    }

    private static float[] Widened(ushort[] bits, LentType type) => Array.ConvertAll(bits, value => type == LentType.F16
        ? (float)BitConverter.UInt16BitsToHalf(value) : BitConverter.UInt32BitsToSingle((uint)value << 16));
}
