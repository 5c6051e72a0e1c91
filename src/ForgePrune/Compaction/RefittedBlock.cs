using ForgePrune.Levels;
using ForgePrune.Model;
using ForgePrune.Storage;

namespace ForgePrune.Compaction;

/// <summary>One block after the final refit, as it is stored (`layer-00.attention.refit`, `layer-00.mlp.refit`).</summary>
/// <param name="Kept">Kept query heads or channels, ascending.</param>
/// <param name="Output">The output projection over them.</param>
/// <param name="Damping">What made the Hessian positive definite.</param>
internal sealed record RefittedBlock(int[] Kept, Projection Output, Damping Damping)
{
    private const string Kind = "FPREFIT1";
    private const int LongestArray = 1 << 30;

    public static string AttentionPath(string folder, int layer) => Path.Combine(folder, $"layer-{layer:d2}.attention.refit");

    public static string MlpPath(string folder, int layer) => Path.Combine(folder, $"layer-{layer:d2}.mlp.refit");

    /// <summary>Whether an earlier run finished this block; a file made from something else is refused.</summary>
    public static bool IsDone(string path, SourceHash source)
    {
        if (!File.Exists(path))
            return false;
        SealedFile.CheckHeader(path, Kind, source);
        return true;
    }

    public void Write(string path, SourceHash source)
    {
        var (weights, bias, refused) = (Output.Weights, Output.Bias ?? [], Damping.Refused.ToArray());
        var bytes = 4L * Kept.Length + 4L * weights.Values.Length + 4L * bias.Length + 8L * refused.Length + 5 * 4 + 16;
        SealedFile.Write(path, Kind, source, bytes, stream =>
        {
            stream.WriteCounted<int>(Kept);
            stream.WriteValue(weights.Cols);
            stream.WriteCounted<float>(weights.Values);
            stream.WriteCounted<float>(bias);
            stream.WriteValue(Damping.Fraction);
            stream.WriteValue(Damping.Lambda);
            stream.WriteCounted<double>(refused);
        });
    }

    public static RefittedBlock Read(string path, SourceHash source) => SealedFile.Read(path, Kind, source, (stream, _) =>
    {
        var kept = stream.ReadCounted<int>(LongestArray);
        var cols = stream.ReadValue<int>();
        var weights = stream.ReadCounted<float>(LongestArray);
        var bias = stream.ReadCounted<float>(LongestArray);
        var output = new Projection(new Matrix(weights.Length / cols, cols, weights), bias.Length == 0 ? null : bias);
        return new RefittedBlock(kept, output, new Damping(stream.ReadValue<double>(), stream.ReadValue<double>(), stream.ReadCounted<double>(LongestArray)));
    });
}
