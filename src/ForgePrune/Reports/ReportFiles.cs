using System.Reflection;

namespace ForgePrune.Reports;

/// <summary>What every page carries inside it, kept in the assembly. The plotting library is restored by eng/setup.sh before the build.</summary>
internal static class ReportFiles
{
    public const string Library = "uPlot.iife.min.js", LibraryStyle = "uPlot.min.css", LibraryLicence = "uPlot.LICENSE";

    public static string Text(string name) => Find(name) ?? throw new InvalidOperationException($"the build left out {name}");

    /// <summary>Null where the build had no such file.</summary>
    public static string? Find(string name)
    {
        using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream("ForgePrune.Reports." + name);
        if (stream is null)
            return null;
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
