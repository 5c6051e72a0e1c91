namespace ForgePrune.Kernels;

/// <summary>The error of a matrix that does not fit into the memory of the device that was to work on it.</summary>
/// <param name="device">Name of the device.</param>
/// <param name="matrix">What does not fit, in words.</param>
/// <param name="needed">Bytes that it takes.</param>
/// <param name="there">Bytes that the device has.</param>
public sealed class DeviceMemoryException(string device, string matrix, long needed, long there) : Exception(
    $"{matrix} takes {needed >> 20} MiB on '{device}', which has {there >> 20} MiB; take a device with more memory, or leave --device at cpu.");
