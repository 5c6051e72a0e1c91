using ForgePrune.IO;

namespace ForgePrune.Search;

/// <summary>The store of plans that are measured together, a sealed file each. A plan's bits depend on how many there are, but not on which of them are
/// measured in the same call: several processes may each measure some.</summary>
public sealed class PlanStore
{
    private const string Kind = "FPPLAN01";

    // More windows than any search has: a damaged length.
    private const int Most = 1 << 20;

    private readonly string? folder;
    private readonly SourceHash source;
    private readonly Func<int, bool> wanted;

    /// <param name="folder">The folder of the files; null keeps none.</param>
    /// <param name="source">The hash of everything that the plans and their divergence depend on.</param>
    /// <param name="wanted">The plans that are measured here, by index; null for all.</param>
    internal PlanStore(string? folder, SourceHash source, Func<int, bool>? wanted = null) =>
        (this.folder, this.source, this.wanted) = (folder, source, wanted ?? (_ => true));

    /// <summary>Keeps nothing.</summary>
    internal static PlanStore None { get; } = new(null, default);

    /// <summary>The name of a plan's file.</summary>
    internal static string NameOf(int plan) => $"plan-{plan:d2}.kl";

    /// <summary>Whether the plan is asked for.</summary>
    internal bool Wants(int plan) => wanted(plan);

    /// <summary>KL[window]; null where it has to be measured.</summary>
    internal double[]? Find(int plan)
    {
        if (folder is null)
            return null;
        var path = Path.Combine(folder, NameOf(plan));
        return ChecksummedFile.IsIntact(path) ? ChecksummedFile.Read(path, Kind, source, (stream, _) => stream.ReadCounted<double>(Most)) : null;
    }

    /// <summary>Keeps what was just measured.</summary>
    internal void Keep(int plan, double[] kl)
    {
        if (folder is null)
            return;
        using var payload = new MemoryStream();
        payload.WriteCounted<double>(kl);
        ChecksummedFile.Write(Path.Combine(folder, NameOf(plan)), Kind, source, payload.Length, payload.WriteTo);
    }
}
