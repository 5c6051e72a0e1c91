namespace ForgePrune.Kernels;

/// <summary>A matrix does not fit into the memory of the device that was to work on it.</summary>
public sealed class DeviceMemoryException(string device, string matrix, long needed, long there) : Exception(
    $"{matrix} takes {needed >> 20} MiB on '{device}', which has {there >> 20} MiB; take a device with more memory, or leave --device at cpu.");
