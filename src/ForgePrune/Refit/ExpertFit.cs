using ForgePrune.IO;
using ForgePrune.Levels;

namespace ForgePrune.Refit;

/// <summary>How one expert of a block was refitted.</summary>
/// <param name="Fraction">The damping that was asked for; null keeps the weights that the expert's level has by itself.</param>
/// <param name="Damping">The damping that made its Hessian positive definite.</param>
/// <param name="Tokens">The tokens of the text that pass it in the pruned network.</param>
/// <param name="Few">Whether they, or those of the text that judges, were too few to fit it.</param>
internal sealed record ExpertFit(double? Fraction, Damping Damping, long Tokens, bool Few)
{
    // As many as anybody's experts, and more would be a damaged file.
    private const int Most = 1 << 14;

    private long Bytes => sizeof(double) + Damping.Bytes + sizeof(long) + sizeof(int);

    public static ExpertFit Kept(long tokens, bool few) => new(null, Damping.None, tokens, few);

    /// <summary>The number of bytes that <see cref="Write"/> writes.</summary>
    public static long Size(IReadOnlyList<ExpertFit> fits) => sizeof(int) + fits.Sum(fit => fit.Bytes);

    public static void Write(Stream stream, IReadOnlyList<ExpertFit> fits)
    {
        stream.WriteValue(fits.Count);
        foreach (var fit in fits)
        {
            stream.WriteValue(fit.Fraction ?? double.NaN);
            fit.Damping.Write(stream);
            stream.WriteValue(fit.Tokens);
            stream.WriteValue(fit.Few ? 1 : 0);
        }
    }

    public static IReadOnlyList<ExpertFit> Read(Stream stream)
    {
        var count = stream.ReadValue<int>();
        if (count is < 0 or > Most)
            throw new InvalidDataException($"{count} experts");
        return [.. Enumerable.Range(0, count).Select(_ => ReadOne(stream))];
    }

    private static ExpertFit ReadOne(Stream stream)
    {
        var (fraction, damping) = (stream.ReadValue<double>(), Damping.Read(stream));
        return new(double.IsNaN(fraction) ? null : fraction, damping, stream.ReadValue<long>(), stream.ReadValue<int>() != 0);
    }
}
