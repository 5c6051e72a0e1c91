using ILGPU.Backends.OpenCL;
using ILGPU.Runtime.OpenCL;

namespace ForgePrune.Kernels.Gpu;

/// <summary>Which OpenCL devices can run the kernels.</summary>
internal static class OpenClDevices
{
    // What gram_mirror takes, the most of any kernel.
    private const int SharedBytes = GramKernels.MirrorTile * (GramKernels.MirrorTile + 1) * sizeof(double);

    /// <summary>Devices that are taken whatever they lack. The tests name those whose compilers they tell to do without: of generic pointers, these kernels
    /// have global ones alone.</summary>
    internal static Predicate<CLDevice> Waived { get; set; } = _ => false;

    /// <summary>What the device lacks, as a clause that follows its name; null where it can run the kernels.</summary>
    public static string? Lack(CLDevice device) => device switch
    {
        _ when Waived(device) => null,
        _ when device.CLStdVersion < CLBackend.MinimumVersion =>
            $"compiles OpenCL C {device.CLStdVersion.Major}.{device.CLStdVersion.Minor}, and ILGPU writes 2.0",
        { Capabilities.GenericAddressSpace: false } => "lacks the generic address space, which OpenCL 3.0 leaves to the driver",
        { Capabilities.Float64: false } => "lacks float64",
        { MaxNumThreadsPerGroup: < FloatTile.Lanes } => $"has groups of {device.MaxNumThreadsPerGroup} lanes, and the kernels need {FloatTile.Lanes}",
        { MaxSharedMemoryPerGroup: < SharedBytes } => $"has {device.MaxSharedMemoryPerGroup} bytes of local memory, and the kernels need {SharedBytes}",
        _ => null,
    };
}
