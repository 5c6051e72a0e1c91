using System.Reflection;

namespace ForgePrune.Reports;

/// <summary>The resources of the assembly that every page embeds.</summary>
internal static class ReportFiles
{
    public const string Library = "uPlot.iife.min.js", LibraryStyle = "uPlot.min.css", LibraryLicence = "uPlot.LICENSE";

    public static string Text(string name)
    {
        using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream("ForgePrune.Reports." + name)!;
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
