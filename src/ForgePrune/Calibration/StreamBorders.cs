using ForgePrune.Forward;
using ForgePrune.IO;
using ForgePrune.Model;
using ForgePrune.Tokens;

namespace ForgePrune.Calibration;

/// <summary>The hidden states of one text in front of some layers, where a pass over the layers behind may begin. Windows do not meet in a forward pass, so
/// that several processes make them, each for some chunks of windows; the chunks are those of the whole text, and so are their bits.</summary>
internal sealed class StreamBorders
{
    /// <summary>The version of the files: which layers, and which windows in each. It changes no result, and no key but that of the files.</summary>
    public const string Layout = "1";

    private const string Kind = "FPBORD01";

    // Borders take tokens × hidden × 4 bytes each, and a part that begins between two of them repeats what lies between.
    private const int MostRanges = 16, MostGroups = 16;

    private readonly TokenWindows windows;
    private readonly string folder;
    private readonly SourceHash source;
    private readonly Action<string>? note;
    private readonly int widest, perChunk;

    /// <param name="folder">The folder of the files.</param>
    /// <param name="note">Is told which states are missing.</param>
    /// <param name="widest">The widest activation, by which chunks are cut; null for the model's.</param>
    public StreamBorders(IDecoderModel model, TokenWindows windows, string folder, Action<string>? note = null, int? widest = null)
    {
        (this.windows, this.folder, this.note) = (windows, folder, note);
        (source, this.widest) = (Calibrator.Source(model, windows), widest ?? Calibrator.Widest(model.Config));
        perChunk = ResidualStream.WindowsOfChunk(windows, this.widest);
        var chunks = (windows.Count + perChunk - 1) / perChunk;
        Groups = Math.Min(MostGroups, chunks);
        var step = (model.Config.Layers.Count + MostRanges - 1) / MostRanges;
        Layers = [.. Enumerable.Range(1, Math.Max(0, model.Config.Layers.Count - 1)).Where(layer => layer % step == 0)];
    }

    /// <summary>The layers in front of which states are kept, ascending.</summary>
    public IReadOnlyList<int> Layers { get; }

    /// <summary>How many files make up the states in front of a layer.</summary>
    public int Groups { get; }

    public static string NameOf(int layer, int group) => $"before-{layer:d2}.{group:d2}.border";

    /// <summary>The embedded tokens of a group of chunks.</summary>
    public ResidualStream Embed(IDecoderModel model, int group)
    {
        var (first, end) = (WindowsBefore(group), WindowsBefore(group + 1));
        return ResidualStream.Embed(model, windows.Slice(first, end - first), widest);
    }

    /// <summary>Keeps the states of a group in front of a layer.</summary>
    public void Write(int layer, int group, ResidualStream stream) =>
        ChecksummedFile.Write(PathOf(layer, group), Kind, source,
            Enumerable.Range(0, stream.Chunks).Sum(chunk => (long)sizeof(float) * stream[chunk].Values.Length), file =>
            {
                for (var chunk = 0; chunk < stream.Chunks; chunk++)
                    file.WriteArray<float>(stream[chunk].Values);
            });

    /// <summary>Takes a text as far as whole states allow.</summary>
    /// <param name="passed">The layers that the stream has passed.</param>
    /// <param name="first">The layer that is wanted next: no state behind it is taken.</param>
    /// <returns>The layers that the stream has passed then.</returns>
    public int Restore(int passed, int first, ResidualStream stream)
    {
        int[] borders = [.. Layers.Where(layer => layer > passed && layer <= first).Reverse()];
        var begin = borders.FirstOrDefault(layer => Enumerable.Range(0, Groups).All(group => ChecksummedFile.IsIntact(PathOf(layer, group))), passed);
        if (borders.Length > 0 && begin < borders[0])
            note?.Invoke($"the hidden states before layer {borders[0]} are not all there; layers {begin} to {first - 1} are computed again");
        if (begin > passed)
            Read(begin, stream);
        return begin;
    }

    private void Read(int layer, ResidualStream stream)
    {
        for (var (group, chunk) = (0, 0); group < Groups; group++)
        {
            var (from, end) = (chunk, WindowsBefore(group + 1));
            chunk = ChecksummedFile.Read(PathOf(layer, group), Kind, source, (file, _) =>
            {
                var at = from;
                for (; at * perChunk < end; at++)
                {
                    // Into arrays of their own: what is embedded may be shared.
                    var values = new Activations(stream[at].Windows, stream[at].Tokens, stream[at].Width);
                    file.ReadArray<float>(values.Values);
                    stream[at] = values;
                }

                return at;
            });
        }
    }

    /// <summary>The windows of all groups before one.</summary>
    private int WindowsBefore(int group)
    {
        var chunks = (windows.Count + perChunk - 1) / perChunk;
        return Math.Min(windows.Count, (int)((long)group * chunks / Groups) * perChunk);
    }

    private string PathOf(int layer, int group) => Path.Combine(folder, NameOf(layer, group));
}
