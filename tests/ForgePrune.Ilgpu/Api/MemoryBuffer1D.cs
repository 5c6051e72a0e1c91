using System.Runtime.CompilerServices;
using ForgePrune.Ilgpu;
using ILGPU.Runtime;

namespace ILGPU
{
    /// <summary>How the elements of a buffer follow each other, as in ILGPU.</summary>
    public static class Stride1D
    {
        /// <summary>One next to the other.</summary>
        public readonly struct Dense;
    }
}

namespace ILGPU.Runtime
{
    /// <summary>A buffer of the device, as in ILGPU.</summary>
    public sealed class MemoryBuffer1D<T, TStride> : IDisposable where T : unmanaged where TStride : struct
    {
        private readonly MemoryMap _map;
        private readonly DeviceMemory _memory;
        private readonly long _length;

        internal MemoryBuffer1D(MemoryMap map, long length)
        {
            ArgumentOutOfRangeException.ThrowIfNegativeOrZero(length);
            (_map, _length) = (map, length);
            _memory = map.Add(length * Unsafe.SizeOf<T>(), Unsafe.SizeOf<T>(), $"a buffer of {length} {typeof(T).Name}");
        }

        public ArrayView<T> View => new(_memory, 0, _length);

        public void MemSetToZero() => View.MemSetToZero();

        public void Dispose() => _map.Remove(_memory);
    }
}
