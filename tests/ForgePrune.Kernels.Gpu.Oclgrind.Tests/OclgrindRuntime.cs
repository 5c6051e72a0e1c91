using ForgePrune.Testing;

namespace ForgePrune.Kernels.Gpu.Tests;

/// <summary>Oclgrind as the one OpenCL runtime of this process, watching for races, stray accesses and wrong calls. It tells what it finds in a log.</summary>
internal static class OclgrindRuntime
{
    private const string Library = "liboclgrind-rt-icd.so";

    // Where Debian's package has it, and where a build of one's own installs it.
    private static readonly string[] Folders = ["/usr/lib/oclgrind", "/usr/lib/x86_64-linux-gnu/oclgrind", "/usr/local/lib", "/usr/local/lib/oclgrind"];

    // ILGPU's barriers name global memory alone, which devices take for both and Oclgrind does not. No space, for options end there.
    private const string Barrier = "barrier(CLK_LOCAL_MEM_FENCE|CLK_GLOBAL_MEM_FENCE)";

    private static readonly Lazy<TemporaryFolder> Folder = new(Start);
    private static int s_opened;

    /// <summary>Opens the device with a log of its own; inconclusive, or a failure in CI, where there is no Oclgrind.</summary>
    public static WatchedDevice Open()
    {
        // A log begins anew with every context that is made.
        var log = Folder.Value[$"{Interlocked.Increment(ref s_opened)}.log"];
        NativeEnvironment.Set("OCLGRIND_LOG", log);
        try
        {
            // ILGPU asks every device for properties that only some vendors know.
            NativeEnvironment.Set("OCLGRIND_CHECK_API", "0");
            var device = GpuDevice.Open("opencl");
            NativeEnvironment.Set("OCLGRIND_CHECK_API", "1");
            device.Fresh = 0xFF;
            return new(device, log);
        }
        catch (GpuDeviceException missing)
        {
            RequiredDevices.Lacks(missing.Message);
            throw;
        }
    }

    /// <summary>Leaves one barrier out of every kernel that is loaded before this is disposed of, counted from 0 in its source.</summary>
    public static IDisposable LeaveOut(int barrier)
    {
        Write($"((__COUNTER__!={barrier})?{Barrier}:(void)0)");
        return new Whole();
    }

    private static void Write(string barrier) =>
        NativeEnvironment.Set("OCLGRIND_BUILD_OPTIONS", $"{GenericAddresses.AreGlobal} -Dwork_group_barrier(x)={barrier}");

    private static TemporaryFolder Start()
    {
        var library = Folders.Select(folder => Path.Combine(folder, Library)).FirstOrDefault(File.Exists);
        if (library is null)
            RequiredDevices.Lacks($"Oclgrind's {Library} is in none of {string.Join(", ", Folders)}.");
        OpenClDevices.Waived = GenericAddresses.Assumed;
        var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder["vendors"]);
        File.WriteAllText(folder["vendors/oclgrind.icd"], library);
        NativeEnvironment.Set("OCL_ICD_VENDORS", folder["vendors"]);
        NativeEnvironment.Set("OCLGRIND_DATA_RACES", "1");
        // Also of lanes that write the same: OpenCL leaves it open what is read afterwards.
        NativeEnvironment.Set("OCLGRIND_UNIFORM_WRITES", "1");
        // gram_mirror takes 33 KiB.
        NativeEnvironment.Set("OCLGRIND_LOCAL_MEM_SIZE", "65536");
        // Counted over the whole process: a planted fault must not silence what comes after it.
        NativeEnvironment.Set("OCLGRIND_MAX_ERRORS", "1000000000");
        Write(Barrier);
        return folder;
    }

    private sealed class Whole : IDisposable
    {
        public void Dispose() => Write(Barrier);
    }
}
