using ILGPU.Runtime.OpenCL;

namespace ForgePrune.Kernels.Gpu.Tests;

/// <summary>
/// The devices that run without a GPU, PoCL before its version 4 and Oclgrind, have no generic address space, and ILGPU takes no device without. Our kernels'
/// generic
/// pointers are all global, so that a compiler may read one word for the other.
/// </summary>
internal static class GenericAddresses
{
    public const string AreGlobal = "-D__generic=global";

    // Who names its platform so takes further options for its compiler from this variable.
    private static readonly Dictionary<string, string> Options = new()
    {
        ["Portable Computing Language"] = "POCL_EXTRA_BUILD_FLAGS",
        ["Oclgrind"] = "OCLGRIND_BUILD_OPTIONS",
    };

    /// <summary>Whether it is such a device, which then has what ILGPU asks for; any other is judged by what it says of itself.</summary>
    public static bool Assumed(CLDevice device)
    {
        if (device.Capabilities.GenericAddressSpace || !Options.TryGetValue(device.PlatformName, out var options))
            return false;
        if (NativeEnvironment.Get(options) is not { } given || !given.Contains(AreGlobal, StringComparison.Ordinal))
            NativeEnvironment.Set(options, AreGlobal);
        // Its setter is ILGPU's own.
        device.Capabilities.GetType().GetProperty(nameof(device.Capabilities.GenericAddressSpace))!.SetValue(device.Capabilities, true);
        return true;
    }
}
