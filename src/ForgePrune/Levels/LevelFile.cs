using ForgePrune.IO;
using ForgePrune.Model;

namespace ForgePrune.Levels;

/// <summary>The levels of one layer on disk (`layer-00.levels`).</summary>
internal static class LevelFile
{
    private const string Kind = "FPLEVEL1";
    private const int LongestArray = 1 << 24;

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
        ChecksummedFile.Write(path, Kind, source, payload.Length, payload.WriteTo);
    }

    public static LayerLevels Read(string path, SourceHash source) => ChecksummedFile.Read(path, Kind, source, (stream, _) =>
    {
        var attention = stream.ReadValue<byte>() == 0 ? null : ReadAttention(stream);
        var mlp = stream.ReadValue<byte>() == 0 ? null : ReadMlp(stream);
        return new LayerLevels(attention, mlp);
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
        levels.Damping.Write(stream);
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
        return new AttentionLevels(new HeadSets(kvHeads, queryHeads, kept), losses, Damping.Read(stream));
    }

    private static void Write(Stream stream, ChannelLevels levels)
    {
        stream.WriteCounted<int>(levels.Order.Removal.ToArray());
        stream.WriteCounted<double>(levels.Losses.ToArray());
        levels.Damping.Write(stream);
    }

    private static ChannelLevels ReadMlp(Stream stream) =>
        new(new ChannelOrder(stream.ReadCounted<int>(LongestArray)), stream.ReadCounted<double>(LongestArray), Damping.Read(stream));
}
