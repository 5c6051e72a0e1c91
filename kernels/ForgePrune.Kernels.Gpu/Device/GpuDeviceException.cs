namespace ForgePrune.Kernels.Gpu;

/// <summary>The error of a device that was asked for and cannot be had, with the reason and the cure in its message.</summary>
public sealed class GpuDeviceException : DeviceUnavailableException
{
    private GpuDeviceException(string message, Exception? inner = null) : base(message, inner)
    {
    }

    internal static GpuDeviceException Unknown(string name) =>
        new($"'{name}' names no device; allowed are cuda, opencl, each with a number such as cuda:1, cuda:all, /exact behind a name of cuda, and ilgpu-cpu.");

    internal static GpuDeviceException TooNarrow(string name, int lanes, int needed) =>
        new($"'{name}' runs groups of {lanes} lanes, and this kernel needs {needed}; take a GPU, or ilgpu-cpu:{needed} to check it.");

    internal static GpuDeviceException Mixed(IEnumerable<string> names) =>
        new($"'cuda:all' needs devices of one kind, whose results do not depend on which computes what; here are {string.Join(", ", names)}. Name one, such as cuda:0.");

    internal static GpuDeviceException NoTensorCores(string name, GramPrecision precision) =>
        new($"'{name}' has no tensor cores for {precision.ToString().ToLowerInvariant()}, which CUDA devices have from sm_80 on; take f32, or such a device.");

    internal static GpuDeviceException Unusable(string device, Exception refusal) =>
        new($"The driver does not open '{device}' ({refusal.Message.TrimEnd('.')}); update it, or leave --device at cpu.", refusal);

    internal static GpuDeviceException Refused(string device, LentMemory memory, CudaRefusal refusal) =>
        new($"'{device}' cannot read {memory} any more ({refusal.Message}); look what nvidia-smi says, and run again with --provider cpu if that helps.", refusal);

    /// <param name="refused">Devices that cannot run the kernels, each with the reason.</param>
    internal static GpuDeviceException Missing(string name, int found, IReadOnlyList<string> refused) => new(refused.Count == 0
        ? $"There is no device '{name}' on this machine ({found} of this kind found); install its driver, or leave --device at cpu."
        : $"There is no device '{name}' on this machine that can be used ({found} of this kind can): {string.Join("; ", refused)}. Take a newer driver, or leave --device at cpu.");
}
