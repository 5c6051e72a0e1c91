using ForgePrune.IO;

namespace ForgePrune.Search;

/// <summary>The store of finished parts of a long measurement: the plans that replace one block of a layer are a part, in a sealed file of its own. Parts
/// are independent: whoever measures one, in whatever order, gets the same bits.</summary>
public sealed class PartStore
{
    private const string Kind = "FPPRICE1";

    // More plans or windows than any measurement has: a damaged length.
    private const int Most = 1 << 20;

    /// <summary>Keeps nothing.</summary>
    internal static PartStore None { get; } = new(null, default);

    private readonly string? folder;
    private readonly SourceHash source;
    private readonly Func<int, bool> wanted;

    /// <param name="folder">The folder of the files; null keeps none.</param>
    /// <param name="source">The hash of everything that the measurement depends on.</param>
    /// <param name="wanted">The layers whose plans are measured here; null for all.</param>
    internal PartStore(string? folder, SourceHash source, Func<int, bool>? wanted = null) =>
        (this.folder, this.source, this.wanted) = (folder, source, wanted ?? (_ => true));

    /// <summary>The name of a layer's file.</summary>
    internal static string NameOf(int layer) => $"layer-{layer:d2}.prices";

    /// <summary>Whether the layer is asked for.</summary>
    internal bool Wants(int layer) => wanted(layer);

    /// <summary>KL[plan][window] of a layer's plans; null where they have to be measured.</summary>
    internal double[][]? Find(int layer)
    {
        if (folder is null)
            return null;
        var path = Path.Combine(folder, NameOf(layer));
        return !ChecksummedFile.IsIntact(path) ? null : ChecksummedFile.Read(path, Kind, source, (stream, _) =>
        {
            var plans = stream.ReadValue<int>();
            if (plans is < 0 or > Most)
                throw new InvalidDataException($"{plans} plans");
            var kl = new double[plans][];
            for (var plan = 0; plan < plans; plan++)
                kl[plan] = stream.ReadCounted<double>(Most);
            return kl;
        });
    }

    /// <summary>Keeps what was just measured.</summary>
    internal void Keep(int layer, double[][] kl)
    {
        if (folder is null)
            return;
        using var payload = new MemoryStream();
        payload.WriteValue(kl.Length);
        foreach (var plan in kl)
            payload.WriteCounted<double>(plan);
        ChecksummedFile.Write(Path.Combine(folder, NameOf(layer)), Kind, source, payload.Length, payload.WriteTo);
    }
}
