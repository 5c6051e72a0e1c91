using System.Runtime.InteropServices;
using System.Security.Cryptography;
using ForgePrune.IO;
using ForgePrune.Levels;
using ForgePrune.Model;

namespace ForgePrune.Refit;

/// <summary>Keeps finished output projections in files. The factor behind one is half a gigabyte for a billion-parameter model and takes
/// seconds, and a chosen plan is read several times: hashed, judged, refitted.</summary>
/// <param name="source">The hash of everything that the projections depend on.</param>
internal sealed class StoredOutputs(IOutputProjections inner, string folder, SourceHash source) : IOutputProjections
{
    public bool AddsBias => inner.AddsBias;

    public bool RefitsWhole => inner.RefitsWhole;

    public Projection Attention(int layer, AttentionWeights dense, IReadOnlyList<int> heads) =>
        Get($"layer-{layer:d2}.attention", heads, () => inner.Attention(layer, dense, heads));

    public Projection Mlp(int layer, MlpWeights dense, IReadOnlyList<int> channels) =>
        Get($"layer-{layer:d2}.mlp", channels, () => inner.Mlp(layer, dense, channels));

    private Projection Get(string block, IReadOnlyList<int> kept, Func<Projection> make)
    {
        int[] units = [.. kept];
        var name = Convert.ToHexStringLower(SHA256.HashData(MemoryMarshal.AsBytes<int>(units)))[..16];
        var path = Path.Combine(folder, $"{block}.{name}.output");
        if (File.Exists(path))
            return RefittedBlock.Read(path, source).Output;
        var made = make();
        Directory.CreateDirectory(folder);
        // Damping belongs to a final refit; here it is in the levels, which the source stands for.
        new RefittedBlock(made, null, Damping.None, new BlockChoice(null, null)).Write(path, source);
        return made;
    }
}
