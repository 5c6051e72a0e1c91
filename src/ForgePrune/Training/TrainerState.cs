using ForgePrune.IO;

namespace ForgePrune.Training;

/// <summary>A trainer on disk: steps done, their losses, weights and both moments. Gradients are zero between steps, and the order of windows follows
/// from the steps.</summary>
internal static class TrainerState
{
    private const string Kind = "FPTRAIN2";

    // A span of bytes has 2³¹ at most.
    private const int Piece = 1 << 24;

    public static void Write(string path, SourceHash source, int done, double[] losses, params float[][] arrays) =>
        ChecksummedFile.Write(path, kind: Kind, source, Bytes(losses.Length, arrays), stream =>
        {
            stream.WriteValue(done);
            stream.WriteValue(losses.Length);
            stream.WriteArray<double>(losses);
            foreach (var array in arrays)
                for (var start = 0; start < array.Length; start += Piece)
                    stream.WriteArray<float>(array.AsSpan(start, Math.Min(Piece, array.Length - start)));
        });

    /// <summary>Fills the arrays and gives the steps that are done, with their losses.</summary>
    public static (int Done, double[] Losses) Read(string path, SourceHash source, params float[][] arrays) =>
        ChecksummedFile.Read(path, Kind, source, (stream, payload) =>
    {
        var (done, count) = (stream.ReadValue<int>(), stream.ReadValue<int>());
        if (count < 0 || payload != Bytes(count, arrays))
            throw new InvalidDataException("another model's state");
        var losses = new double[count];
        stream.ReadArray<double>(losses);
        foreach (var array in arrays)
            for (var start = 0; start < array.Length; start += Piece)
                stream.ReadArray(array.AsSpan(start, Math.Min(Piece, array.Length - start)));
        return (done, losses);
    });

    private static long Bytes(int losses, float[][] arrays) =>
        (2 * sizeof(int)) + ((long)losses * sizeof(double)) + arrays.Sum(array => (long)sizeof(float) * array.Length);
}
