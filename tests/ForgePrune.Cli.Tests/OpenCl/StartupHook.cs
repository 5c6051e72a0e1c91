using ForgePrune.Kernels.Gpu;
using ForgePrune.Kernels.Gpu.Tests;

/// <summary>
/// .NET runs this in a child process before the tool, where DOTNET_STARTUP_HOOKS names this assembly: the tool then takes PoCL also in versions that users
/// cannot
/// run it on (<see cref="GenericAddresses"/>). Name and place are what .NET looks for.
/// </summary>
internal static class StartupHook
{
    public static void Initialize() => OpenClDevices.Waived = GenericAddresses.Assumed;
}
