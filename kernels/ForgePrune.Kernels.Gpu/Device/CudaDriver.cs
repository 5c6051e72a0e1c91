using System.Runtime.InteropServices;

namespace ForgePrune.Kernels.Gpu;

/// <summary>The calls of NVIDIA's driver that ILGPU does not make: primary contexts, and copies between contexts.</summary>
internal sealed unsafe class CudaDriver
{
    private const string DeviceGet = "cuDeviceGet", PrimaryRetain = "cuDevicePrimaryCtxRetain", PrimaryRelease = "cuDevicePrimaryCtxRelease_v2",
        Push = "cuCtxPushCurrent_v2", Pop = "cuCtxPopCurrent_v2", MemAlloc = "cuMemAlloc_v2", MemFree = "cuMemFree_v2", ToDevice = "cuMemcpyHtoD_v2",
        Peer = "cuMemcpyPeerAsync";

    private static readonly string[] Needed = [DeviceGet, PrimaryRetain, PrimaryRelease, Push, Pop, MemAlloc, MemFree, ToDevice, Peer];

    private static readonly Lazy<(CudaDriver? Driver, string? Fault)> Found = new(() => NativeLibrary.TryLoad(CudaSurvey.Library, out var library)
        ? Of(library) : (null, $"{CudaSurvey.Library} is not on this machine"));

    private readonly Dictionary<string, nint> functions;

    private CudaDriver(Dictionary<string, nint> functions) => this.functions = functions;

    /// <summary>The driver of this machine; null and why there is none, as a clause.</summary>
    public static (CudaDriver? Driver, string? Fault) Installed => Found.Value;

    /// <param name="library">A loaded driver.</param>
    /// <returns>Null and which functions it lacks, as a clause.</returns>
    internal static (CudaDriver? Driver, string? Fault) Of(nint library)
    {
        Dictionary<string, nint> functions = [];
        foreach (var name in Needed)
            if (NativeLibrary.TryGetExport(library, name, out var address))
                functions.Add(name, address);
        return functions.Count == Needed.Length ? (new(functions), null)
            : (null, $"the driver has no {string.Join(", ", Needed.Where(name => !functions.ContainsKey(name)))}");
    }

    /// <summary>The handle of a device.</summary>
    /// <exception cref="CudaRefusal">There is no such device.</exception>
    public int Device(int number)
    {
        int device;
        Require(DeviceGet, ((delegate* unmanaged<int*, int, int>)functions[DeviceGet])(&device, number));
        return device;
    }

    /// <summary>Holds the primary context of a device, which is made where nobody holds it yet.</summary>
    /// <exception cref="CudaRefusal">The driver makes none.</exception>
    public nint Retain(int device)
    {
        nint context;
        Require(PrimaryRetain, ((delegate* unmanaged<nint*, int, int>)functions[PrimaryRetain])(&context, device));
        return context;
    }

    /// <summary>Lets it go again; what the driver says to that changes nothing any more.</summary>
    public void Release(int device) => _ = ((delegate* unmanaged<int, int>)functions[PrimaryRelease])(device);

    /// <summary>Makes a context the calling thread's until the result is disposed of; then the one before it is current again.</summary>
    /// <exception cref="CudaRefusal">The context is gone.</exception>
    public Entered Enter(nint context)
    {
        Require(Push, ((delegate* unmanaged<nint, int>)functions[Push])(context));
        return new(this);
    }

    /// <summary>Takes memory in the current context.</summary>
    /// <exception cref="CudaRefusal">There is none left.</exception>
    public nint Allocate(long bytes)
    {
        nint address;
        Require(MemAlloc, ((delegate* unmanaged<nint*, nuint, int>)functions[MemAlloc])(&address, (nuint)bytes));
        return address;
    }

    /// <summary>Gives it back, in the context that it was taken in.</summary>
    /// <exception cref="CudaRefusal">It is not that context's.</exception>
    public void Free(nint address) => Require(MemFree, ((delegate* unmanaged<nint, int>)functions[MemFree])(address));

    /// <summary>Copies from the host to memory of the current context, and waits.</summary>
    /// <exception cref="CudaRefusal">The driver refuses.</exception>
    public void Upload(nint to, ReadOnlySpan<byte> from)
    {
        fixed (byte* source = from)
            Require(ToDevice, ((delegate* unmanaged<nint, byte*, nuint, int>)functions[ToDevice])(to, source, (nuint)from.Length));
    }

    /// <summary>Queues a copy from one context's memory to another's.</summary>
    /// <param name="stream">A stream of the context that is current.</param>
    /// <exception cref="CudaRefusal">The driver refuses.</exception>
    public void CopyPeer(nint to, nint toContext, nint from, nint fromContext, long bytes, nint stream) =>
        Require(Peer, ((delegate* unmanaged<nint, nint, nint, nint, nuint, nint, int>)functions[Peer])(
            to, toContext, from, fromContext, (nuint)bytes, stream));

    private static void Require(string function, int error)
    {
        if (error != 0)
            throw new CudaRefusal($"{function} fails with error {error}");
    }

    /// <summary>A context that is current for a while.</summary>
    internal readonly struct Entered(CudaDriver driver) : IDisposable
    {
        public void Dispose()
        {
            nint popped;
            _ = ((delegate* unmanaged<nint*, int>)driver.functions[Pop])(&popped);
        }
    }
}

/// <summary>NVIDIA's driver refuses a call. The message is a clause.</summary>
internal sealed class CudaRefusal(string clause) : Exception(clause);
