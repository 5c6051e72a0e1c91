namespace ForgePrune.Kernels;

/// <summary>The error of a matrix that does not fit into the memory of the device that was to work on it.</summary>
public sealed class DeviceMemoryException : Exception
{
    /// <summary>Too few bytes.</summary>
    /// <param name="device">Name of the device.</param>
    /// <param name="matrix">What does not fit, in words.</param>
    /// <param name="needed">Bytes that it takes.</param>
    /// <param name="there">Bytes that the device has.</param>
    public DeviceMemoryException(string device, string matrix, long needed, long there)
        : this(device, matrix, needed, there, 0)
    {
    }

    /// <summary>Too few bytes beside what another library takes of the device.</summary>
    /// <param name="there">Bytes that are left.</param>
    /// <param name="lent">Bytes that forward passes may take; 0 where there are none.</param>
    internal DeviceMemoryException(string device, string matrix, long needed, long there, long lent)
        : base($"{matrix} takes {needed >> 20} MiB on '{device}', which has {Math.Max(0, there) >> 20} MiB"
            + (lent > 0 ? $" beside the {lent >> 20} MiB that forward passes may take" : "")
            + $"; take a device with more memory, or leave --device{(lent > 0 ? " or --provider" : "")} at cpu.")
    {
    }

    /// <summary>More elements than the device's kernels can count.</summary>
    /// <param name="mostCols">The columns of the largest square matrix that they can.</param>
    internal DeviceMemoryException(string device, string matrix, int mostCols)
        : base($"{matrix} has more elements than the kernels of '{device}' count, which is for {mostCols} columns at most; leave --device at cpu.")
    {
    }
}
