using ForgePrune.IO;
using ForgePrune.Model;

namespace ForgePrune.Levels;

/// <summary>The levels of one layer on disk (`layer-00.levels`).</summary>
internal static class LevelFile
{
    private const string Kind = "FPLEVEL3";
    private const int LongestArray = 1 << 24;

    private const int MostExperts = 1 << 20;

    // Rungs of a ladder; more would be a damaged file.
    private const int MostTried = 1 << 10;

    public static string Path(string folder, int layer) => System.IO.Path.Combine(folder, $"layer-{layer:d2}.levels");

    public static void Write(string path, SourceHash source, LayerLevels levels)
    {
        using var payload = new MemoryStream();
        payload.WriteValue((byte)(levels.Attention is null ? 0 : 1));
        if (levels.Attention is { } attention)
            Write(payload, attention);
        payload.WriteValue((byte)(levels.Mlp is null ? 0 : 1));
        if (levels.Mlp is { } mlp)
            Write(payload, mlp);
        payload.WriteValue(levels.Experts?.Count ?? 0);
        foreach (var expert in levels.Experts ?? [])
            Write(payload, expert);
        ChecksummedFile.Write(path, Kind, source, payload.Length, payload.WriteTo);
    }

    public static LayerLevels Read(string path, SourceHash source) => ChecksummedFile.Read(path, Kind, source, (stream, _) =>
    {
        var attention = stream.ReadValue<byte>() == 0 ? null : ReadAttention(stream);
        var mlp = stream.ReadValue<byte>() == 0 ? null : ReadMlp(stream);
        var experts = stream.ReadValue<int>();
        return experts is >= 0 and <= MostExperts
            ? new LayerLevels(attention, mlp) { Experts = experts == 0 ? null : [.. Enumerable.Range(0, experts).Select(_ => ReadMlp(stream))] }
            : throw new InvalidDataException($"levels of {experts} experts");
    });

    private static void Write(Stream stream, AttentionLevels levels)
    {
        stream.WriteValue(levels.Sets.KvHeads);
        stream.WriteValue(levels.Sets.QueryHeads);
        foreach (var level in HeadSets.Pairs(levels.Sets.KvHeads, levels.Sets.QueryHeads))
        {
            stream.WriteCounted<int>(levels.Sets.Heads(level));
            stream.WriteValue(levels.Losses[level]);
        }

        stream.WriteValue(levels.Losses[default]);
        Write(stream, levels.Damping);
        double[] validation = levels.Validation is { } unseen
            ? [.. HeadSets.Pairs(levels.Sets.KvHeads, levels.Sets.QueryHeads).Append(default).Select(level => unseen[level])] : [];
        stream.WriteCounted<double>(validation);
        Write(stream, levels.Gap);
    }

    private static AttentionLevels ReadAttention(Stream stream)
    {
        var (kvHeads, queryHeads) = (stream.ReadValue<int>(), stream.ReadValue<int>());
        if (kvHeads < 1 || queryHeads < kvHeads || queryHeads % kvHeads != 0)
            throw new InvalidDataException($"{queryHeads} heads in {kvHeads} groups");
        var kept = new Dictionary<AttentionLevel, int[]>();
        var losses = new Dictionary<AttentionLevel, double>();
        foreach (var level in HeadSets.Pairs(kvHeads, queryHeads))
        {
            kept[level] = stream.ReadCounted<int>(LongestArray);
            losses[level] = stream.ReadValue<double>();
        }

        losses[default] = stream.ReadValue<double>();
        var (damping, validation, gap) = (ReadDamping(stream), stream.ReadCounted<double>(LongestArray), ReadGap(stream));
        AttentionLevel[] levels = [.. HeadSets.Pairs(kvHeads, queryHeads).Append(default)];
        if (validation.Length != 0 && validation.Length != levels.Length)
            throw new InvalidDataException($"{validation.Length} validation losses of {levels.Length} levels");
        return new AttentionLevels(new HeadSets(kvHeads, queryHeads, kept), losses, damping)
        {
            Validation = validation.Length == 0 ? null : levels.Zip(validation).ToDictionary(),
            Gap = gap,
        };
    }

    private static void Write(Stream stream, ChannelLevels levels)
    {
        stream.WriteCounted<int>(levels.Order.Removal.ToArray());
        stream.WriteCounted<double>(levels.Losses.ToArray());
        Write(stream, levels.Damping);
        stream.WriteCounted<double>(levels.Validation is { } unseen ? [.. unseen] : []);
        Write(stream, levels.Gap);
    }

    private static ChannelLevels ReadMlp(Stream stream)
    {
        var (order, losses) = (new ChannelOrder(stream.ReadCounted<int>(LongestArray)), stream.ReadCounted<double>(LongestArray));
        var (damping, validation, gap) = (ReadDamping(stream), stream.ReadCounted<double>(LongestArray), ReadGap(stream));
        if (validation.Length != 0 && validation.Length != losses.Length)
            throw new InvalidDataException($"{validation.Length} validation losses of {losses.Length} widths");
        return new ChannelLevels(order, losses, damping) { Validation = validation.Length == 0 ? null : validation, Gap = gap };
    }

    private static void Write(Stream stream, Damping damping)
    {
        damping.Write(stream);
        stream.WriteCounted<double>([.. damping.Tried.Select(tried => tried.Fraction)]);
        stream.WriteCounted<double>([.. damping.Tried.Select(tried => tried.Loss)]);
    }

    private static Damping ReadDamping(Stream stream)
    {
        var (damping, fractions, losses) = (Damping.Read(stream), stream.ReadCounted<double>(MostTried), stream.ReadCounted<double>(MostTried));
        return fractions.Length == losses.Length
            ? damping with { Tried = [.. fractions.Zip(losses, (fraction, loss) => new TriedDamping(fraction, loss))] }
            : throw new InvalidDataException($"{losses.Length} losses of {fractions.Length} dampings");
    }

    private static void Write(Stream stream, FitGap? gap)
    {
        stream.WriteValue((byte)(gap is null ? 0 : 1));
        if (gap is null)
            return;
        stream.WriteValue(gap.Columns);
        stream.WriteValue(gap.FittingTokens);
        stream.WriteValue(gap.ValidationTokens);
        stream.WriteValue(gap.FittingLoss);
        stream.WriteValue(gap.ValidationLoss);
    }

    private static FitGap? ReadGap(Stream stream) => stream.ReadValue<byte>() == 0 ? null : new(
        stream.ReadValue<int>(), stream.ReadValue<long>(), stream.ReadValue<long>(), stream.ReadValue<double>(), stream.ReadValue<double>());
}
