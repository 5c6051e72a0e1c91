using ForgePrune.IO;

namespace ForgePrune.Calibration;

/// <summary>The statistics of a layer's experts on disk (`layer-00.experts`): tokens, tokens of each, and sums.</summary>
internal static class ExpertFile
{
    private const string Kind = "FPEXPRT1";
    private const int MostExperts = 1 << 20;

    public static string Path(string folder, int layer) => System.IO.Path.Combine(folder, $"layer-{layer:d2}.experts");

    public static void Write(string path, SourceHash source, ExpertStatistics experts) =>
        ChecksummedFile.Write(path, Kind, source, sizeof(long) + (2 * sizeof(int)) + ((sizeof(long) + sizeof(double)) * (long)experts.Routed.Length), stream =>
        {
            stream.WriteValue(experts.Tokens);
            stream.WriteCounted<long>(experts.Routed);
            stream.WriteCounted<double>(experts.Sums);
        });

    /// <param name="count">The number of experts that the model calls for.</param>
    public static ExpertStatistics Read(string path, int count, SourceHash? source)
    {
        var experts = ChecksummedFile.Read(path, Kind, source, (stream, _) =>
            new ExpertStatistics(stream.ReadValue<long>(), stream.ReadCounted<long>(MostExperts), stream.ReadCounted<double>(MostExperts)));
        return experts.Routed.Length == count && experts.Sums.Length == count ? experts : throw CalibrationErrors.Experts(path, experts.Routed.Length, count);
    }

    /// <summary>Whether an earlier run finished the file; one from another source is refused.</summary>
    public static bool IsDone(string path, SourceHash source)
    {
        if (!File.Exists(path))
            return false;
        ChecksummedFile.CheckHeader(path, Kind, source);
        return true;
    }
}
