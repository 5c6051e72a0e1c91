using ForgePrune.IO;
using ForgePrune.Kernels;

namespace ForgePrune.Calibration;

/// <summary>A Gram on disk: columns, tokens, float64 column sums, float32 packed lower triangle (row by row).</summary>
/// <remarks>float32 halves the disk and is safe: each entry moves by at most 6e-8 of itself, so the matrix moves by at most
/// 6e-8·‖H‖_F ≤ 6e-8·cols·mean diagonal, for 14,336 columns a tenth of the default damping. Levels always start from what was
/// read back, so that a resumed run equals an uninterrupted one bit for bit.</remarks>
internal static class GramFile
{
    private const string Kind = "FPGRAM01";

    public static string AttentionPath(string folder, int layer) => Path.Combine(folder, $"layer-{layer:d2}.attention.gram");

    public static string MlpPath(string folder, int layer) => Path.Combine(folder, $"layer-{layer:d2}.mlp.gram");

    public static string ExpertPath(string folder, int layer, int expert) => Path.Combine(folder, $"layer-{layer:d2}.expert-{expert:d3}.gram");

    public static void Write(string path, SourceHash source, GramStatistics gram) =>
        ChecksummedFile.Write(path, Kind, source, PayloadBytes(gram.Cols), stream =>
        {
            stream.WriteValue(gram.Cols);
            stream.WriteValue(gram.Tokens);
            stream.WriteArray<double>(gram.Sums);
            var packed = new float[gram.Cols];
            for (var row = 0; row < gram.Cols; row++)
            {
                var values = gram.Row(row);
                for (var col = 0; col <= row; col++)
                    packed[col] = (float)values[col];
                stream.WriteArray<float>(packed.AsSpan(0, row + 1));
            }
        });

    /// <param name="cols">The number of columns that the model calls for.</param>
    /// <param name="source">The hash that the file must carry; null accepts any.</param>
    public static GramStatistics Read(string path, int cols, SourceHash? source)
    {
        var gram = ChecksummedFile.Read(path, Kind, source, Parse);
        return gram.Cols == cols ? gram : throw CalibrationErrors.Width(path, gram.Cols, cols);
    }

    /// <summary>Whether <paramref name="path"/> was finished by an earlier run; a file from another source is refused.</summary>
    internal static bool IsDone(string path, SourceHash source)
    {
        if (!File.Exists(path))
            return false;
        ChecksummedFile.CheckHeader(path, Kind, source);
        return true;
    }

    /// <summary>Bytes of one file with <paramref name="cols"/> columns, for the disk plan.</summary>
    public static long FileBytes(int cols) => PayloadBytes(cols) + ChecksummedFile.Overhead;

    private static long PayloadBytes(int cols) => 12 + 8L * cols + 4L * cols * (cols + 1) / 2;

    private static GramStatistics Parse(Stream stream, long payload)
    {
        var cols = stream.ReadValue<int>();
        if (cols < 0 || PayloadBytes(cols) != payload)
            throw new InvalidDataException($"{cols} columns in {payload} bytes");
        var gram = new GramStatistics(cols) { Tokens = stream.ReadValue<long>() };
        stream.ReadArray<double>(gram.Sums);
        var packed = new float[cols];
        for (var row = 0; row < cols; row++)
        {
            stream.ReadArray(packed.AsSpan(0, row + 1));
            var values = gram.Row(row);
            for (var col = 0; col <= row; col++)
                values[col] = packed[col];
        }

        // Bound by memory, as reading is: threads would not help.
        Symmetric.MirrorLower(gram.Values, cols, cols, threads: 1);
        return gram;
    }
}
