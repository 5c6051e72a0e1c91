using ForgePrune.Levels;
using ForgePrune.Model;
using ForgePrune.Storage;

namespace ForgePrune.Compaction;

/// <summary>One block after the final refit, as it is stored (`layer-00.attention.refit`, `layer-00.mlp.refit`).</summary>
/// <param name="Output">The output projection over the kept columns.</param>
/// <param name="Input">The map in front of the block (hidden × hidden); null for none.</param>
/// <param name="Damping">What made the Hessian of the output projection positive definite.</param>
internal sealed record RefittedBlock(Projection Output, Matrix? Input, Damping Damping)
{
    private const string Kind = "FPREFIT2";
    private const int LongestArray = 1 << 30;

    public AttentionWeights Of(AttentionWeights dense, IReadOnlyList<int> heads) => InputMap.Fold(BlockCompaction.Attention(dense, heads, Output), Input);

    public MlpWeights Of(MlpWeights dense, IReadOnlyList<int> channels) => InputMap.Fold(BlockCompaction.Mlp(dense, channels, Output), Input);

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
        var (weights, bias, refused, input) = (Output.Weights, Output.Bias ?? [], Damping.Refused.ToArray(), Input?.Values ?? []);
        var bytes = 4L * weights.Values.Length + 4L * bias.Length + 4L * input.Length + 8L * refused.Length + 5 * 4 + 16;
        SealedFile.Write(path, Kind, source, bytes, stream =>
        {
            stream.WriteValue(weights.Cols);
            stream.WriteCounted<float>(weights.Values);
            stream.WriteCounted<float>(bias);
            stream.WriteCounted<float>(input);
            stream.WriteValue(Damping.Fraction);
            stream.WriteValue(Damping.Lambda);
            stream.WriteCounted<double>(refused);
        });
    }

    public static RefittedBlock Read(string path, SourceHash source) => SealedFile.Read(path, Kind, source, (stream, _) =>
    {
        var cols = stream.ReadValue<int>();
        var weights = stream.ReadCounted<float>(LongestArray);
        var bias = stream.ReadCounted<float>(LongestArray);
        var input = stream.ReadCounted<float>(LongestArray);
        var hidden = weights.Length / cols;
        var output = new Projection(new Matrix(hidden, cols, weights), bias.Length == 0 ? null : bias);
        var map = input.Length == 0 ? null : new Matrix(hidden, hidden, input);
        return new RefittedBlock(output, map, new Damping(stream.ReadValue<double>(), stream.ReadValue<double>(), stream.ReadCounted<double>(LongestArray)));
    });
}
