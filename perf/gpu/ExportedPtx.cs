using ForgePrune.Kernels.Gpu;

namespace ForgePrune.GpuPerf;

/// <summary>The kernels as PTX, written by this program into a temporary folder: a machine with a GPU needs no other export.</summary>
internal sealed class ExportedPtx : IDisposable
{
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("forgeprune-ptx-");

    public ExportedPtx() => PtxExport.Write(folder.FullName, "sm_80");

    /// <summary>The folder of the export.</summary>
    public string Folder => folder.FullName;

    /// <summary>The PTX of each kernel, by name.</summary>
    public IEnumerable<string> Files => Directory.GetFiles(Folder, "*.ptx").Order(StringComparer.Ordinal);

    public void Dispose() => folder.Delete(recursive: true);
}
