using System.Runtime.InteropServices;
using System.Text.RegularExpressions;
using ILGPU.Runtime.Cuda;

namespace ForgePrune.Kernels.Gpu;

/// <summary>What NVIDIA's driver lists, and why it lists nothing: ILGPU keeps that to itself.</summary>
internal static unsafe partial class CudaSurvey
{
    private const string ModuleFile = "/proc/driver/nvidia/version";
    internal static readonly string Library = OperatingSystem.IsWindows() ? "nvcuda.dll" : "libcuda.so.1";

    public static GpuApi List(string name)
    {
        if (LoadRefusal.Of(Library) is { } refusal)
            return refusal.IsMissing
                ? new(name, [], $"{Library} is not on this machine", File.Exists(ModuleFile)
                    ? "its driver is loaded: start the container with the driver's libraries, or name their folder in LD_LIBRARY_PATH"
                    : "CUDA needs a GPU of NVIDIA and its driver")
                : new(name, [], $"{Library} cannot be loaded: {refusal.Reason}", "install NVIDIA's driver anew");
        if (Start() is { } fault)
            return new(name, [], fault.Fault, fault.Cure);
        List<ListedDevice> devices = [];
        DriverLibraries.Resolve();
        CudaDevice.GetDevices(device =>
        {
            devices.Add(Listed(device, devices.Count(listed => listed.Option is not null)));
            return false;
        });
        return CudaAPI.CurrentAPI.GetDeviceCount(out var count) == CudaError.CUDA_SUCCESS && count == devices.Count
            ? new(name, devices)
            : new(name, devices, $"the driver counts {count} devices and describes {devices.Count}", "look what nvidia-smi says, and install the driver anew");
    }

    /// <summary>The driver as its users know it: the CUDA that it speaks, and its own number where the system tells it.</summary>
    public static string Driver(CudaDriverVersion version)
    {
        var module = File.Exists(ModuleFile) ? ModuleNumber().Match(File.ReadAllText(ModuleFile)) : Match.Empty;
        return $"CUDA {version}" + (module.Success ? $", driver {module.Groups["number"].Value}" : "");
    }

    public static string? ComputeCapability(CudaDevice device) => device.Architecture is { } architecture ? $"{architecture.Major}.{architecture.Minor}" : null;

    private static ListedDevice Listed(CudaDevice device, int number)
    {
        var listed = new ListedDevice(device.Name, null, device.MemorySize, Driver(device.DriverVersion), ComputeCapability(device));
        if (device.InstructionSet is not null)
            return listed with { Option = $"cuda:{number}" };
        CudaAccelerator.TryGetInstructionSet(device.Architecture!.Value, device.DriverVersion, out var least, out _);
        return listed with { Fault = $"its driver speaks CUDA {device.DriverVersion}, and the kernels need {least}", Cure = "install a newer driver" };
    }

    private static (string Fault, string Cure)? Start()
    {
        // ILGPU uses it from here on: it is not let go.
        var library = NativeLibrary.Load(Library);
        if (!NativeLibrary.TryGetExport(library, "cuInit", out var start))
            return ($"{Library} has no cuInit, so it is no driver", $"look with 'ldconfig -p' which {Library} is found first");
        var error = ((delegate* unmanaged<uint, int>)start)(0);
        return error == 0 ? null : ($"its driver does not start: error {error}{Words(library, error)}", Cure(error));
    }

    private static string Words(nint library, int error)
    {
        nint words = 0;
        return NativeLibrary.TryGetExport(library, "cuGetErrorString", out var tell) && ((delegate* unmanaged<int, nint*, int>)tell)(error, &words) == 0
            && words != 0
            ? $", {Marshal.PtrToStringUTF8(words)}"
            : "";
    }

    // Numbers of CUresult in the CUDA driver API.
    private static string Cure(int error) => error switch
    {
        34 => "this is the toolkit's stub: take its folder out of LD_LIBRARY_PATH",
        100 when Environment.GetEnvironmentVariable("CUDA_VISIBLE_DEVICES") is { } visible =>
            $"CUDA_VISIBLE_DEVICES is '{visible}': unset it, or look whether nvidia-smi lists a GPU",
        100 => "look whether nvidia-smi lists a GPU",
        802 => "start the fabric manager (nvidia-fabricmanager), or wait for it",
        803 => "its library and its kernel module differ: restart the machine",
        804 => "this is CUDA's compatibility library: take its folder out of LD_LIBRARY_PATH, or install a newer driver",
        _ => "look what nvidia-smi says; load the module nvidia_uvm, or restart the machine",
    };

    [GeneratedRegex(@"^NVRM version:.*?\s(?<number>\d+\.\d+(\.\d+)?)\s", RegexOptions.Multiline)]
    private static partial Regex ModuleNumber();
}
