using ForgePrune.IO;
using ForgePrune.Levels;
using ForgePrune.Model;

namespace ForgePrune.Refit;

/// <summary>One block after the final refit, as it is stored (`layer-00.attention.refit`, `layer-00.mlp.refit`).</summary>
/// <param name="Output">The output projection over the kept columns.</param>
/// <param name="Input">The map in front of the block; null for none.</param>
/// <param name="Damping">The damping that made the Hessian of the output projection positive definite.</param>
/// <param name="Choice">How the block was fitted.</param>
internal sealed record RefittedBlock(Projection Output, InputMap? Input, Damping Damping, BlockChoice Choice)
{
    private const string Kind = "FPREFIT5";
    private const int LongestArray = 1 << 30;

    /// <summary>How each expert of a block was fitted, in the order of the block; empty where there are none.</summary>
    public IReadOnlyList<ExpertFit> Experts { get; private init; } = [];

    /// <summary>A block of experts.</summary>
    public static RefittedBlock OfExperts(Projection output, IReadOnlyList<ExpertFit> experts) =>
        new(output, null, Damping.None, Choosing(new BlockChoice(null, null), experts)) { Experts = experts };

    public AttentionWeights Of(AttentionWeights dense, IReadOnlyList<int> heads, int threads) =>
        InputMap.Fold(BlockCompaction.Attention(dense, heads, Output), Input, threads);

    public MlpWeights Of(MlpWeights dense, IReadOnlyList<int> channels, int threads) =>
        InputMap.Fold(BlockCompaction.Mlp(dense, channels, Output), Input, threads);

    public static string AttentionPath(string folder, int layer) => Path.Combine(folder, $"layer-{layer:d2}.attention.refit");

    public static string MlpPath(string folder, int layer) => Path.Combine(folder, $"layer-{layer:d2}.mlp.refit");

    /// <summary>Whether an earlier run finished this block; a file from another source is an error.</summary>
    public static bool IsDone(string path, SourceHash source)
    {
        if (!File.Exists(path))
            return false;
        ChecksummedFile.CheckHeader(path, Kind, source);
        return true;
    }

    public void Write(string path, SourceHash source)
    {
        var (weights, bias, input) = (Output.Weights, Output.Bias ?? [], Input?.Matrix.Values ?? []);
        var bytes = (2 * sizeof(double)) + Damping.Bytes + InputDamping.Bytes + ExpertFit.Size(Experts)
            + 4L * weights.Values.Length + 4L * bias.Length + 4L * input.Length + 4 * 4;
        ChecksummedFile.Write(path, Kind, source, bytes, stream =>
        {
            // First, so that they can be had without the weights.
            stream.WriteValue(Choice.Input ?? double.NaN);
            stream.WriteValue(Choice.Output ?? double.NaN);
            Damping.Write(stream);
            InputDamping.Write(stream);
            ExpertFit.Write(stream, Experts);
            stream.WriteValue(weights.Cols);
            stream.WriteCounted<float>(weights.Values);
            stream.WriteCounted<float>(bias);
            stream.WriteCounted<float>(input);
        });
    }

    /// <summary>How a finished block was fitted, and the dampings that made the Hessians positive definite: of its output projection, and of the map in
    /// front of it where it has one.</summary>
    public static (BlockChoice Choice, Damping Output, Damping Input, IReadOnlyList<ExpertFit> Experts) ReadFit(string path, SourceHash source) =>
        ChecksummedFile.ReadStart(path, Kind, source, ReadFit);

    private static (BlockChoice Choice, Damping Output, Damping Input, IReadOnlyList<ExpertFit> Experts) ReadFit(Stream stream)
    {
        var (choice, output, input, experts) = (ReadChoice(stream), Damping.Read(stream), Damping.Read(stream), ExpertFit.Read(stream));
        return (Choosing(choice, experts), output, input, experts);
    }

    public static RefittedBlock Read(string path, SourceHash source) => ChecksummedFile.Read(path, Kind, source, (stream, _) =>
    {
        var (choice, damping, inputDamping, experts) = ReadFit(stream);
        var cols = stream.ReadValue<int>();
        var weights = stream.ReadCounted<float>(LongestArray);
        var bias = stream.ReadCounted<float>(LongestArray);
        var input = stream.ReadCounted<float>(LongestArray);
        var hidden = weights.Length / cols;
        var output = new Projection(new Matrix(hidden, cols, weights), bias.Length == 0 ? null : bias);
        return new RefittedBlock(output, input.Length == 0 ? null : new InputMap(new Matrix(hidden, hidden, input), inputDamping), damping, choice)
        {
            Experts = experts,
        };
    });

    private static BlockChoice Choosing(BlockChoice choice, IReadOnlyList<ExpertFit> experts) =>
        experts.Count == 0 ? choice : choice with { Experts = [.. experts.Select(expert => expert.Fraction)] };

    private static BlockChoice ReadChoice(Stream stream) => new(Found(stream.ReadValue<double>()), Found(stream.ReadValue<double>()));

    private static double? Found(double fraction) => double.IsNaN(fraction) ? null : fraction;

    private Damping InputDamping => Input?.Damping ?? Damping.None;
}
