using ForgePrune.Storage;

namespace ForgePrune.Recovery;

/// <summary>A trainer on disk: steps done, weights and both moments. Gradients are zero between steps, and the order of windows follows from the steps.</summary>
internal static class TrainerState
{
    private const string Kind = "FPTRAIN1";

    // A span of bytes has 2³¹ at most.
    private const int Piece = 1 << 24;

    public static void Write(string path, SourceHash source, int done, params float[][] arrays) =>
        SealedFile.Write(path, kind: Kind, source, Bytes(arrays), stream =>
        {
            stream.WriteValue(done);
            foreach (var array in arrays)
                for (var start = 0; start < array.Length; start += Piece)
                    stream.WriteArray<float>(array.AsSpan(start, Math.Min(Piece, array.Length - start)));
        });

    /// <summary>Fills the arrays and gives the steps that are done.</summary>
    public static int Read(string path, SourceHash source, params float[][] arrays) => SealedFile.Read(path, Kind, source, (stream, payload) =>
    {
        if (payload != Bytes(arrays))
            throw new InvalidDataException("another model's state");
        var done = stream.ReadValue<int>();
        foreach (var array in arrays)
            for (var start = 0; start < array.Length; start += Piece)
                stream.ReadArray(array.AsSpan(start, Math.Min(Piece, array.Length - start)));
        return done;
    });

    private static long Bytes(float[][] arrays) => sizeof(int) + arrays.Sum(array => (long)sizeof(float) * array.Length);
}
