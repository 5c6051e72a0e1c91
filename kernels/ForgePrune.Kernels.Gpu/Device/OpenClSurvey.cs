using ILGPU.Runtime.OpenCL;

namespace ForgePrune.Kernels.Gpu;

/// <summary>What the drivers behind OpenCL list: those devices too that ILGPU passes over.</summary>
internal static class OpenClSurvey
{
    private const int Most = 64;
    private static readonly string Library = OperatingSystem.IsWindows() ? "OpenCL.dll" : "libOpenCL.so.1";

    public static GpuApi List(string name)
    {
        if (LoadRefusal.Of(Library) is { } refusal)
            return refusal.IsMissing
                ? new(name, [], $"{Library} is not on this machine", "install the OpenCL driver of your device; its loader is Debian's ocl-icd-libopencl1")
                : new(name, [], $"{Library} cannot be loaded: {refusal.Reason}", "install the OpenCL loader anew");
        DriverLibraries.Resolve();
        var api = CLAPI.CurrentAPI;
        if (!api.IsSupported || api.GetNumPlatforms(out var count) != CLError.CL_SUCCESS || count < 1)
            return new(name, [], $"{Library} finds no driver", "install the OpenCL driver of your device, which /etc/OpenCL/vendors then names");
        var platforms = new nint[count];
        if (api.GetPlatforms(platforms, ref count) is not CLError.CL_SUCCESS and var error)
            return new(name, [], $"{Library} does not name its drivers: {error}", "install the OpenCL driver of your device anew");
        List<ListedDevice> devices = [];
        ListedDevice? stop = null;
        foreach (var platform in platforms)
        {
            var handles = new nint[Most];
            if (api.GetDevices(platform, CLDeviceType.CL_DEVICE_TYPE_ALL, handles, out var found) != CLError.CL_SUCCESS)
                continue;
            foreach (var handle in handles.Take(found))
            {
                var listed = Listed(platform, handle, devices.Count(before => before.Option is not null), out var isBroken);
                devices.Add(stop is null || listed.Option is null ? listed : listed with
                {
                    Option = null,
                    Fault = $"ILGPU asks no further after '{stop.Name}'",
                    Cure = stop.Cure
                });
                stop ??= isBroken ? listed : null;
            }
        }
        return devices.Count > 0 ? new(name, devices) : new(name, [], "its drivers find no device", "look with clinfo what they say");
    }

    /// <summary>The driver as its users know it.</summary>
    public static string Driver(CLDevice device) =>
        $"OpenCL {device.DeviceVersion}, {device.PlatformName} {CLAPI.CurrentAPI.GetDeviceInfo(device.DeviceId, CLDeviceInfoType.CL_DRIVER_VERSION)}";

    private static ListedDevice Listed(nint platform, nint handle, int number, out bool isBroken)
    {
        isBroken = false;
        try
        {
            if (CLAPI.CurrentAPI.GetDeviceInfo<int>(handle, CLDeviceInfoType.CL_DEVICE_AVAILABLE) == 0)
                return new(Name(handle), null, 0, "OpenCL", Fault: "its driver says that it is not available", Cure: "look with clinfo what it says");
            var device = new CLDevice(platform, handle);
            var listed = new ListedDevice(device.Name, $"opencl:{number}", device.MemorySize, Driver(device));
            return OpenClDevices.Lack(device) is { } lack ? listed with { Option = null, Fault = $"it {lack}", Cure = Cure(device) } : listed;
        }
        catch (CLException fault)
        {
            isBroken = true;
            return new(Name(handle), null, 0, "OpenCL", Fault: $"its driver does not describe it: {fault.Error}",
                Cure: "install its driver anew, or take it out of /etc/OpenCL/vendors");
        }
    }

    private static string Cure(CLDevice device) => device switch
    {
        { PlatformName: "Portable Computing Language" } => "install PoCL 6 or a newer one",
        { Capabilities.GenericAddressSpace: false } => "install a newer driver",
        _ => "take another device",
    };

    private static string Name(nint handle)
    {
        try
        {
            return CLAPI.CurrentAPI.GetDeviceInfo(handle, CLDeviceInfoType.CL_DEVICE_NAME);
        }
        catch (CLException)
        {
            return "a device without a name";
        }
    }
}
