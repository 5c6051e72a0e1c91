using ForgePrune.IO;
using ForgePrune.Pipeline.Runs;

namespace ForgePrune.Pipeline.Parts;

/// <summary>Items of a stage that other processes have finished: one sealed file each, in a folder that carries the stage's whole key. Whoever makes an item
/// writes it here without a lock; whoever holds the run's lock takes it.</summary>
/// <param name="Path">RUN/parts/STAGE-KEY.</param>
internal sealed record PartFolder(string Path)
{
    public static PartFolder Of(RunFolder run, string stage, StageKey key) => new(run.PartsPath(stage, key));

    public string PathOf(string item) => System.IO.Path.Combine(Path, item);

    /// <summary>Whether an item is there whole. Its bytes are read: an item is adopted by this alone.</summary>
    public bool Holds(string item) => ChecksummedFile.IsIntact(PathOf(item));

    /// <summary>The whole items, by name.</summary>
    public string[] Items() => [.. Names().Where(Holds)];

    /// <summary>Moves every whole item to <paramref name="folder"/>, unless it is there already. Others are deleted: they are made again.</summary>
    /// <returns>How many were taken.</returns>
    public int MoveTo(string folder) => WriteErrors.Guard(folder, () =>
    {
        var taken = 0;
        foreach (var name in Names())
        {
            var place = System.IO.Path.Combine(folder, name);
            if (!Holds(name) || File.Exists(place))
            {
                File.Delete(PathOf(name));
                continue;
            }

            Directory.CreateDirectory(System.IO.Path.GetDirectoryName(place)!);
            File.Move(PathOf(name), place);
            taken++;
        }

        return taken;
    });

    /// <summary>Paths from the folder, of finished files alone: what another process is writing has another name.</summary>
    private string[] Names()
    {
        try
        {
            return [.. Directory.EnumerateFiles(Path, "*", SearchOption.AllDirectories)
                .Where(file => !file.EndsWith(ChecksummedFile.UnfinishedEnding, StringComparison.Ordinal) && !SharedFile.IsGhost(file))
                .Select(file => System.IO.Path.GetRelativePath(Path, file)).Order(StringComparer.Ordinal)];
        }
        catch (DirectoryNotFoundException)
        {
            return [];
        }
    }
}
