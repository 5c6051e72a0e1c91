using ILGPU;
using ILGPU.Runtime;
using ILGPU.Runtime.CPU;

namespace ForgePrune.Kernels.Gpu;

/// <summary>An accelerator that computes nothing. ILGPU lets go of a thread only when another accelerator takes it: then the context of the former is no longer
/// current there.</summary>
internal static class IdleAccelerator
{
    private static readonly Lazy<Accelerator> One = new(Create);

    /// <summary>Takes the calling thread.</summary>
    public static void Bind() => One.Value.Bind();

    private static Accelerator Create()
    {
        // Of no use beyond this, with the fewest threads that ILGPU allows.
        var context = Context.Create(builder => builder.CPU(new CPUDevice(2, 1, 1)));
        return context.Devices[0].CreateAccelerator(context);
    }
}
