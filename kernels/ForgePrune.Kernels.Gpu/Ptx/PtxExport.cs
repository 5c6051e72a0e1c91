namespace ForgePrune.Kernels.Gpu;

/// <summary>All kernels as PTX, with a manifest and a C header: what another inference stack needs to launch them, without .NET.</summary>
public static class PtxExport
{
    /// <summary>The name of the manifest in an export.</summary>
    public const string ManifestFile = "manifest.json";

    /// <summary>The targets that kernels can be compiled for, such as sm_80.</summary>
    public static IReadOnlyList<string> Targets => PtxCompiler.Targets;

    /// <summary>
    /// Fills a folder with NAME.ptx for every kernel that the target supports, <c>manifest.json</c> and <c>forgeprune_kernels.h</c>. No GPU is needed.
    /// </summary>
    /// <param name="folder">A folder that is absent or empty.</param>
    /// <param name="target">One of <see cref="Targets"/>.</param>
    /// <returns>What the manifest says.</returns>
    /// <exception cref="ArgumentException">There is no such target.</exception>
    /// <exception cref="IOException">The folder is not empty, or cannot be written.</exception>
    public static PtxManifest Write(string folder, string target)
    {
        if (Directory.CreateDirectory(folder).EnumerateFileSystemInfos().Any())
            throw new IOException($"'{folder}' is not empty; name another folder.");
        var manifest = PtxManifest.Of(target, [.. AllKernels.Entries.Where(kernel => PtxCompiler.Supports(kernel, target))
            .Select(kernel => Write(folder, kernel, target))]);
        File.WriteAllText(Path.Combine(folder, ManifestFile), manifest.Text());
        File.WriteAllText(Path.Combine(folder, PtxHeader.File), PtxHeader.Text(manifest));
        return manifest;
    }

    private static PtxKernel Write(string folder, KernelEntry kernel, string target)
    {
        var ptx = PtxCompiler.Compile(kernel, target);
        RequireLayout(kernel, ptx);
        var file = kernel.Name + ".ptx";
        File.WriteAllText(Path.Combine(folder, file), ptx.Text);
        return new(kernel.Name, file, kernel.Purpose, kernel.Grid, kernel.Lanes, kernel.Grouping == Grouping.PerElement, ptx.SharedBytes, kernel.Parameters);
    }

    // The manifest promises sizes that ILGPU decides: they are read back from what it wrote.
    private static void RequireLayout(KernelEntry kernel, CompiledPtx ptx)
    {
        var declared = ptx.Parameters.Select(parameter => parameter.Bytes).ToArray();
        if (!declared.SequenceEqual(kernel.Parameters.Select(parameter => parameter.Bytes)))
            throw new InvalidOperationException(
                $"ILGPU passes the parameters of {kernel.Name} in {string.Join(", ", declared)} bytes, which is not what is described.");
    }
}
