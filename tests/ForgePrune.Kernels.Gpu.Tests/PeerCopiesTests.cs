using System.Runtime.InteropServices;
using ILGPU.Runtime;

namespace ForgePrune.Kernels.Gpu.Tests;

/// <summary>Copies between contexts of CUDA, by a made driver that refuses what is not right. The device behind it is ILGPU's on the processor, whose memory the
/// made driver can write to.</summary>
[NonParallelizable]
public sealed class PeerCopiesTests
{
    private static readonly LentMemory First = LentMemory.Cuda(0), Second = LentMemory.Cuda(1);

    private static GpuDevice Device => Devices.Open("ilgpu-cpu:1");

    [Test]
    public void Calls_come_in_order_with_the_right_contexts()
    {
        using var made = new MadeDriver();
        var own = made.Create(0);
        made.Current = 0;
        using (var copies = Open(made, First, own).Copies!)
        {
            using DeviceMatrix<byte> target = new(Device, 1, 3);
            var address = copies.Put([1, 2, 3]);
            copies.Copy(address + 1, target.View.SubView(0, 2));
            copies.Copy(address, target.View.SubView(0, 0));
            copies.Free(address);
            var seen = new byte[3];
            target.Download(seen, 3);
            Assert.That(seen, Is.EqualTo(new byte[] { 2, 3, 0xFF }));
        }

        Assert.That(made.Calls, Is.EqualTo(new[]
        {
            "retain primary 0",
            "push primary 0", "allocate in primary 0", "pop primary 0",
            "push own", "copy to own", "from primary 0", "pop own",
            "push primary 0", "free in primary 0", "pop primary 0",
            "release primary 0",
        }));
        Assert.That((made.Depth, made.Taken), Is.EqualTo((0, 0)), "the thread has no context, as before");
    }

    // With what a run does around it: ILGPU's context is current, or the primary one, or none.
    [TestCase("none")]
    [TestCase("own")]
    [TestCase("primary")]
    public unsafe void A_sum_by_the_driver_has_the_bits_of_the_hosts_whatever_context_is_current(string current)
    {
        const int tokens = 300, cols = 5;
        using var made = new MadeDriver();
        var own = made.Create(0);
        var (driver, _) = CudaDriver.Of(made.Library);
        var primary = driver!.Retain(0);
        made.Current = current switch { "own" => own, "primary" => primary, _ => 0 };
        var before = made.Current;
        Half[] x = Array.ConvertAll(Kernels.Tests.Made.Floats(Kernels.Tests.Made.Random(5), tokens * cols), value => (Half)value);
        nint address;
        using (driver.Enter(primary))
        {
            address = driver.Allocate(x.Length * sizeof(Half));
            driver.Upload(address, MemoryMarshal.AsBytes<Half>(x));
        }

        using (GpuPruning gpu = new(Device, 1, null, GramPrecision.F32, null, (_, memory) => Open(made, memory, own)))
        {
            using IGramSum byHost = gpu.Gram(cols), byDevice = gpu.Gram(cols);
            double[] sums = new double[cols], expected = new double[cols];
            float[] wide = Array.ConvertAll(x, value => (float)value);
            byHost.Add(wide, tokens, cols);
            Gram.AccumulateSum(wide, tokens, cols, cols, expected);
            byDevice.Reader(First)!.Add(new(First, address, LentType.F16, tokens, cols, cols), sums);
            Assert.That(byDevice.Finish(), Is.EqualTo(byHost.Finish()));
            Assert.That(sums, Is.EqualTo(expected));
            Assert.That(byDevice.Reader(Second), Is.Null);
            Assert.That(((IPruningDevice)gpu).Reading(First), Does.Contain("reads activations in the memory of cuda:0"));
            Assert.That(((IPruningDevice)gpu).Reading(Second), Does.EndWith(": GPU 1 of CUDA is another one than that of the sums"));
            made.Forget();
        }

        Assert.That(made.Calls, Is.EqualTo(new[] { "release primary 0" }));
        Assert.That((made.Current, made.Taken), Is.EqualTo((before, 1)), "what is lent is left alone");
    }

    [Test]
    public unsafe void A_copy_that_the_driver_refuses_ends_the_sum_and_the_test_copy_gives_the_hosts_way()
    {
        using var made = new MadeDriver();
        var own = made.Create(0);
        using GpuPruning gpu = new(Device, 1, null, GramPrecision.F32, null, (_, memory) => Open(made, memory, own));
        using IGramSum gram = gpu.Gram(2);
        var reader = gram.Reader(First)!;
        // Of no memory of the primary context.
        var x = new float[2];
        fixed (float* at = x)
        {
            LentMatrix lent = new(First, (nint)at, LentType.F32, 1, 2, 2);
            Assert.That(() => reader.Add(lent, new double[2]), Throws.TypeOf<GpuDeviceException>().With.Message
                .Contains("cannot read cuda:0 any more (cuMemcpyPeerAsync fails with error 1)"));
        }

        made.Destroy(own);
        using GpuPruning late = new(Device, 1, null, GramPrecision.F32, null, (_, memory) => Open(made, memory, own));
        Assert.That(((IPruningDevice)late).Reading(First), Does.StartWith("activations pass the host").And.EndsWith(": cuCtxPushCurrent_v2 fails with error 709"));
    }

    [Test]
    public void A_driver_without_the_function_gives_the_hosts_way()
    {
        using var made = new MadeDriver("-DWITHOUT_PEER");
        var (driver, fault) = CudaDriver.Of(made.Library);
        Assert.That((driver, fault), Is.EqualTo(((CudaDriver?)null, "the driver has no cuMemcpyPeerAsync")));
    }

    [Test]
    public void Nothing_is_copied_after_the_context_was_let_go()
    {
        using var made = new MadeDriver();
        var own = made.Create(0);
        var copies = Open(made, First, own).Copies!;
        var address = copies.Put([1]);
        copies.Free(address);
        copies.Dispose();
        copies.Dispose();
        Assert.That(made.Calls.Count(call => call == "release primary 0"), Is.EqualTo(1));
        using DeviceMatrix<byte> target = new(Device, 1, 1);
        Assert.That(() => copies.Copy(address, target.View), Throws.TypeOf<ObjectDisposedException>());
        Assert.That(() => copies.Put([1]), Throws.TypeOf<ObjectDisposedException>());
        // The made driver is as strict by itself.
        var driver = CudaDriver.Of(made.Library).Driver!;
        var primary = driver.Retain(0);
        driver.Release(0);
        Assert.That(() => driver.CopyPeer(1, own, 1, primary, 1, 0), Throws.TypeOf<CudaRefusal>().With.Message.EqualTo("cuMemcpyPeerAsync fails with error 709"));
        Assert.That(() => driver.Enter(primary), Throws.TypeOf<CudaRefusal>());
    }

    [Test]
    public void Devices_that_are_not_cudas_say_so()
    {
        Assert.That(PeerCopies.Open(Device, First), Is.EqualTo(((ILentCopies?)null, "only a device of CUDA reads what CUDA's runtime computed")));
        using var gpu = new GpuPruning(Device, 1);
        using var gram = gpu.Gram(2);
        Assert.That(gram.Reader(First), Is.Null);
        using var made = new MadeDriver();
        Assert.That(Open(made, LentMemory.Cuda(7), made.Create(0)).Fault, Is.EqualTo("cuDeviceGet fails with error 101"));
    }

    private static (ILentCopies? Copies, string? Fault) Open(MadeDriver made, LentMemory memory, nint own) =>
        PeerCopies.Open(CudaDriver.Of(made.Library).Driver!, memory, new(0, own, 0));
}
