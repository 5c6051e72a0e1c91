namespace ForgePrune.Kernels.Gpu;

/// <summary>
/// A GPU by its name, or every CUDA GPU of the machine. On CUDA, cuBLAS computes dense products where it is installed and agrees with our kernel.
/// </summary>
/// <param name="name">As <see cref="GpuDevice.Open(string)"/> takes it, or <c>cuda:all</c>; <c>/exact</c> behind a name of CUDA leaves cuBLAS out, so that
/// every sum has the order of our kernels.</param>
public sealed class GpuComputeDevice(string name) : ComputeDevice
{
    /// <summary>What follows a name of CUDA and leaves cuBLAS out.</summary>
    internal const string Exact = "/exact";

    private const string Cuda = "cuda", EveryCuda = "cuda:all";

    /// <inheritdoc/>
    public override string Name { get; } = name;

    /// <inheritdoc/>
    /// <exception cref="GpuDeviceException">The name is unknown, or this machine has no such device.</exception>
    public override OpenedDevice Open(int threads)
    {
        var device = Bare(Name);
        var (isExact, isCuda) = (device != Name, device.Split(':')[0] == Cuda);
        if (isExact && !isCuda)
            throw GpuDeviceException.Unknown(Name);
        var devices = device == EveryCuda ? GpuDevice.OpenEveryCuda() : [GpuDevice.Open(device)];
        var libraries = isCuda && !isExact ? [.. devices.Select(CuBlasProducts.Open)] : new (CuBlasProducts? Products, string? Fault)[devices.Count];
        GpuPruning[] members = [.. devices.Zip(libraries, (one, library) => new GpuPruning(one, threads, null, GramPrecision.F32, library.Products))];
        return new OpenedDevice(new DevicePool(members), [.. members, .. libraries.Select(library => library.Products).OfType<IDisposable>(), .. devices])
        {
            Remarks = [.. devices.Zip(libraries, (one, library) => Remark(one.Name, library.Products, library.Fault)).OfType<string>().Distinct()],
        };
    }

    /// <summary>A name without <see cref="Exact"/>.</summary>
    internal static string Bare(string name) => name.EndsWith(Exact, StringComparison.Ordinal) ? name[..^Exact.Length] : name;

    /// <summary>Which products run; null where there is no choice.</summary>
    internal static string? Remark(string device, CuBlasProducts? products, string? fault) => (products, fault) switch
    {
        ({ } made, _) => $"dense products on '{device}' are computed by {made.Name}, from {made.File}",
        (null, { } why) => $"dense products on '{device}' are computed by our own kernel, and not by cuBLAS: {why}",
        _ => null,
    };
}
