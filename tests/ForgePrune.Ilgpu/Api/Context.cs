using System.Collections.Immutable;
using ILGPU.Runtime;

namespace ILGPU;

/// <summary>The devices that were asked for, as in ILGPU.</summary>
public sealed class Context : IDisposable
{
    private Context(ImmutableArray<Device> devices) => Devices = devices;

    public ImmutableArray<Device> Devices { get; }

    public static Context Create(Action<Builder> build)
    {
        var builder = new Builder();
        build(builder);
        return new([.. builder.Devices]);
    }

    public void Dispose()
    {
    }

    /// <summary>What a context is made of.</summary>
    public sealed class Builder
    {
        internal List<Device> Devices { get; } = [];

        /// <summary>Nothing is compiled here, so nothing is optimized.</summary>
        public Builder Optimize(OptimizationLevel level) => Enum.IsDefined(level) ? this : throw new ArgumentOutOfRangeException(nameof(level));

        internal Builder Add(Device device)
        {
            Devices.Add(device);
            return this;
        }
    }
}

/// <summary>How hard ILGPU's compiler tries.</summary>
public enum OptimizationLevel
{
    Debug,
    O0,
    O1,
    O2,
}
