using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;

namespace ForgePrune.Kernels.Gpu.Tests.Rules;

/// <summary>A line of source: where the statement begins that an instruction belongs to.</summary>
/// <param name="File">Name of the file; null where the assembly has no symbols beside it.</param>
/// <param name="Line">From 1 on.</param>
public readonly record struct SourceLine(string? File, int Line)
{
    public override string ToString() => File is null ? "an unknown line" : $"{File}:{Line}";

    internal static SourceLine Of(MethodBase method, int offset)
    {
        var symbols = Path.ChangeExtension(method.Module.Assembly.Location, ".pdb");
        if (!System.IO.File.Exists(symbols))
            return default;
        using var provider = MetadataReaderProvider.FromPortablePdbStream(System.IO.File.OpenRead(symbols));
        var reader = provider.GetMetadataReader();
        var handle = ((MethodDefinitionHandle)MetadataTokens.EntityHandle(method.MetadataToken)).ToDebugInformationHandle();
        var line = default(SourceLine);
        foreach (var point in reader.GetMethodDebugInformation(handle).GetSequencePoints())
            if (point.Offset <= offset && !point.IsHidden)
                line = new(Path.GetFileName(reader.GetString(reader.GetDocument(point.Document).Name)), point.StartLine);
        return line;
    }
}
