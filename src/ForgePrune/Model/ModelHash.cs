using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using ForgePrune.IO;
using ForgePrune.Memory;

namespace ForgePrune.Model;

/// <summary>The identity of a model: SHA-256 over its config in one canonical spelling and the float32 values of all its tensors.
/// Where and how it is stored does not count, so a model keeps its hash when it is written and read back in float32.</summary>
internal static class ModelHash
{
    /// <summary>The version of the hash, where it is remembered.</summary>
    public static StageFormat Format { get; } = new("model hash", 1);

    /// <summary>Values per hashed piece: pieces are hashed in parallel, and their digests hashed in order.</summary>
    private const int Piece = 1 << 20;

    /// <summary>Reads the whole model once, one layer at a time; lower-case hex.</summary>
    public static string Compute(IDecoderModel model)
    {
        using var whole = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        whole.AppendData(Encoding.UTF8.GetBytes(Canonical(model.Config)));
        foreach ((TensorSpec spec, float[] values) in ModelTensors.Read(model))
        {
            whole.AppendData(Encoding.UTF8.GetBytes($"\n{spec.Role} {spec.Layer} {spec.Rows} {spec.Cols}\n"));
            whole.AppendData(Digests(values));
            LargeArrays.Settle();
        }

        return Convert.ToHexStringLower(whole.GetHashAndReset());
    }

    private static byte[] Digests(float[] values)
    {
        int pieces = (int)((values.LongLength + Piece - 1) / Piece);
        var digests = new byte[pieces * SHA256.HashSizeInBytes];
        Parallel.For(0, pieces, i =>
        {
            int start = i * Piece;
            ReadOnlySpan<float> piece = values.AsSpan(start, Math.Min(Piece, values.Length - start));
            SHA256.HashData(MemoryMarshal.AsBytes(piece), digests.AsSpan(i * SHA256.HashSizeInBytes));
        });
        return digests;
    }

    /// <summary>Every field in declaration order, numbers in round-trip form.</summary>
    private static string Canonical(ModelConfig c)
    {
        string rope = Rope(c.RopeScaling);
        // Only where there is one: models without keep the hash they had before it was read.
        string pad = c.PadTokenId is { } id ? Text($" pad {id}") : "";
        string layers = string.Join(' ', c.Layers.Select(layer => Text($"{layer.KvHeads}/{layer.QueryHeads}/{layer.Ffn}")));
        return Text($"""
            family {c.Family}
            hidden {c.HiddenSize}
            head_dim {c.HeadDim}
            vocab {c.VocabSize}
            positions {c.MaxPositions}
            eps {c.RmsNormEps:R}
            theta {c.RopeTheta:R}
            rope {rope}
            tied {c.TiedEmbeddings}
            biases {c.QkvBias} {c.OutputBias} {c.GateUpBias} {c.DownBias}
            qk_norm {c.QkNorm}
            bos {c.BosTokenId?.ToString(CultureInfo.InvariantCulture) ?? "none"}
            eos {string.Join(' ', c.EosTokenIds)}{pad}
            layers {layers}
            """) + Rest(c);
    }

    /// <summary>Only what is not as in a Llama: models without it keep the hash they had before it was read.</summary>
    private static string Rest(ModelConfig c)
    {
        var kinds = Enumerable.Range(0, c.Layers.Count).Select(c.KindOf).ToArray();
        return (c.RotaryWidth == c.HeadDim ? "" : Text($"\nrotary {c.RotaryWidth}"))
            + (c.AttentionScale is { } scale ? Text($"\nattention {scale:R}") : "")
            + (c is { EmbeddingScale: 1, ResidualScale: 1, LogitDivisor: 1 } ? ""
                : Text($"\nscales {c.EmbeddingScale:R} {c.ResidualScale:R} {c.LogitDivisor:R}"))
            + (!c.HasExperts ? "" : Text($"\nexperts {string.Join(' ', Enumerable.Range(0, c.Layers.Count).Select(c.MlpOf).Select(Experts))}"))
            + (c is { Norms: BlockNorms.Before, Activation: GateActivation.Silu, QkNormAcrossHeads: false } ? ""
                : Text($"\nblocks {c.Norms} {c.Activation} {c.QkNormAcrossHeads}"))
            + (c is { ScoreCap: null, LogitCap: null } ? "" : Text($"\ncaps {c.ScoreCap ?? 0:R} {c.LogitCap ?? 0:R}"))
            + (c.LocalRopeTheta is { } local ? Text($"\nlocal theta {local:R}") : "")
            + (kinds.All(kind => kind == default) ? "" : Text($"\nkinds {string.Join(' ', kinds.Select(Kind))}"));
    }

    private static string Kind(AttentionKind kind) => Text($"{(kind.Unrotated ? "n" : kind.Local ? "l" : "r")}{kind.Window}");

    private static string Experts(MlpKind kind) => !kind.IsRouted ? "none" : Text($"{kind.ExpertWidth}/{kind.PerToken}{(kind.Normalized ? "n" : "")}");

    private static string Rope(RopeScaling? scaling) => scaling switch
    {
        null => "none",
        Llama3Scaling r => Text($"{r.Factor:R} {r.LowFreqFactor:R} {r.HighFreqFactor:R} {r.OriginalMaxPositions}"),
        LinearScaling r => Text($"linear {r.Factor:R}"),
        DynamicScaling r => Text($"dynamic {r.Factor:R}"),
        YarnScaling r => Text($"yarn {r.Factor:R} {r.OriginalMaxPositions} {r.BetaFast:R} {r.BetaSlow:R} {r.Truncate} {r.Attention:R}"),
        LongRopeScaling r => Text($"longrope {r.OriginalMaxPositions} {r.ExtendedMaxPositions} {r.Attention:R} ")
            + $"short {Numbers(r.ShortFactors)} long {Numbers(r.LongFactors)}",
        _ => throw new ArgumentOutOfRangeException(nameof(scaling), scaling, "a scaling without a spelling"),
    };

    private static string Numbers(IReadOnlyList<double> values) => string.Join(' ', values.Select(value => Text($"{value:R}")));

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
