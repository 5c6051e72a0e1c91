namespace ILGPU.Runtime
{
    /// <summary>A device that can be opened. All of them here are the simulation; they differ in the lanes a group may have.</summary>
    public abstract class Device
    {
        public abstract Accelerator CreateAccelerator(Context context);
    }
}

namespace ILGPU.Runtime.CPU
{
    /// <summary>Stands where ILGPU has its own simulation.</summary>
    public sealed class CPUDevice(int numThreadsPerWarp, int numWarpsPerMultiprocessor, int numMultiprocessors) : Device
    {
        private readonly int _lanes = numMultiprocessors > 0 ? numThreadsPerWarp * numWarpsPerMultiprocessor : throw new ArgumentOutOfRangeException(nameof(numMultiprocessors));

        public override Accelerator CreateAccelerator(Context context) => new CPUAccelerator(_lanes);
    }

    /// <summary>An opened <see cref="CPUDevice"/>.</summary>
    public sealed class CPUAccelerator : Accelerator
    {
        internal CPUAccelerator(int largestGroup) : base("checked simulation", largestGroup)
        {
        }
    }

    public static class CPUContextExtensions
    {
        public static Context.Builder CPU(this Context.Builder builder, CPUDevice device) => builder.Add(device);
    }
}

namespace ILGPU.Runtime.Cuda
{
    /// <summary>Groups as large as on NVIDIA's devices; one is always there.</summary>
    public sealed class CudaDevice : Device
    {
        public override Accelerator CreateAccelerator(Context context) => new CudaAccelerator();
    }

    /// <summary>An opened <see cref="CudaDevice"/>.</summary>
    public sealed class CudaAccelerator : Accelerator
    {
        internal CudaAccelerator() : base("checked simulation with groups as on CUDA", 1024)
        {
        }

        /// <summary>One without tensor cores, since inline PTX is not simulated.</summary>
        public CudaArchitecture Architecture => new(7, 0);
    }

    /// <summary>Version of a device's instructions, as sm_70.</summary>
    public readonly record struct CudaArchitecture(int Major, int Minor);

    public static class CudaContextExtensions
    {
        public static Context.Builder Cuda(this Context.Builder builder) => builder.Add(new CudaDevice());
    }
}

namespace ILGPU.Runtime.OpenCL
{
    /// <summary>No such device is ever there: it would be the same simulation again.</summary>
    public sealed class CLDevice : Device
    {
        private CLDevice()
        {
        }

        public override Accelerator CreateAccelerator(Context context) => throw new NotSupportedException("The simulation has no OpenCL.");
    }

    public static class CLContextExtensions
    {
        public static Context.Builder OpenCL(this Context.Builder builder) => builder;
    }
}
