using ForgePrune.Testing;

namespace ForgePrune.Kernels.Gpu.Tests.Ptx;

/// <summary>PTX as packages and exports carry it.</summary>
internal static class OptimizedPtx
{
    /// <summary>The text of one kernel for sm_80.</summary>
    public static string Of(string kernel)
    {
        Require();
        return PtxCompiler.Compile(AllKernels.Entries.Single(entry => entry.Name == kernel), "sm_80").Text;
    }

    /// <summary>All kernels with their manifest and header; a folder of the given one.</summary>
    public static string Export(TemporaryFolder folder, string target = "sm_80")
    {
        Require();
        PtxExport.Write(folder[target], target);
        return folder[target];
    }

    // A debug build keeps every variable of the C#, and its PTX is another.
    private static void Require()
    {
#if DEBUG
        Assert.Ignore("PTX comes from optimized builds; run the tests with -c Release.");
#endif
    }
}
