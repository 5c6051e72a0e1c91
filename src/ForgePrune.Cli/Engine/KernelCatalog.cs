using ForgePrune.IO;
using ForgePrune.Kernels.Gpu;

namespace ForgePrune.Cli.Engine;

/// <summary>A GPU kernel as the tool lists it.</summary>
internal sealed record KernelFacts(string Name, string Purpose, string Grid, IReadOnlyList<KernelParameterFacts> Parameters);

/// <summary>A parameter of a kernel.</summary>
internal sealed record KernelParameterFacts(string Name, string Type, int Bytes, string Meaning);

/// <summary>What an export of kernels left.</summary>
internal sealed record KernelExportFigures(string Folder, string Target, string Compiler, int Kernels, long Bytes, IReadOnlyList<string> Files);

/// <summary>The GPU kernels of this build, and their PTX.</summary>
internal static class KernelCatalog
{
    public static IReadOnlyList<string> Targets => PtxCompiler.Targets;

    public static IReadOnlyList<KernelFacts> All() =>
    [
        .. AllKernels.Entries.Select(kernel => new KernelFacts(
            kernel.Name, kernel.Purpose, kernel.Grid,
            [.. kernel.Parameters.Select(parameter => new KernelParameterFacts(parameter.Name, parameter.Type, parameter.Bytes, parameter.Meaning))])),
    ];

    public static KernelExportFigures Export(string folder, string target)
    {
        PtxManifest? written = null;
        NewFolder.Write(folder, unfinished => written = PtxExport.Write(unfinished, target));
        var manifest = written!;
        var files = new DirectoryInfo(folder).GetFiles();
        return new(folder, target, manifest.Compiler, manifest.Kernels.Count, files.Sum(file => file.Length),
            [.. files.Select(file => file.Name).Order(StringComparer.Ordinal)]);
    }
}
