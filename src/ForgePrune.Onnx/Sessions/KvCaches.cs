using ForgePrune.Onnx.Providers;
using Microsoft.ML.OnnxRuntime;

namespace ForgePrune.Onnx.Sessions;

/// <summary>The KV caches of all layers, bound to a graph's inputs and outputs.</summary>
internal abstract class KvCaches : IDisposable
{
    /// <param name="memory">Where they lie.</param>
    /// <exception cref="Errors.BadInputException">The graph's caches grow, and lie where the host cannot cut them.</exception>
    public static KvCaches Of(DecoderSignature signature, OrtIoBinding binding, ProviderMemory memory, int batch, int capacity)
    {
        if (signature.Folder.SharesBuffers)
            return new SharedCaches(signature.Caches, binding, memory, batch, capacity);
        return memory.IsDevice ? throw SessionErrors.Grows(signature.Folder.File) : new GrowingCaches(signature.Caches, binding, memory, batch);
    }

    /// <summary>Makes the caches ready for a call.</summary>
    /// <param name="length">Tokens whose keys and values the call reads.</param>
    /// <param name="count">Tokens that it adds.</param>
    public abstract void Prepare(int length, int count);

    /// <summary>Binds the same caches to further calls.</summary>
    /// <exception cref="NotSupportedException">They do not stay where they are.</exception>
    public virtual void BindTo(OrtIoBinding other) => throw new NotSupportedException("these caches are others at every call");

    public abstract void Dispose();

    protected static OrtValue Zeros(ProviderMemory memory, CacheShape cache, int batch, int length) =>
        memory.Zeros(cache.Type, batch, cache.KvHeads, length, cache.HeadDim);
}

/// <summary>Past and present share one buffer per layer: a step appends in place and copies nothing, which is also how ONNX Runtime GenAI runs such
/// models.</summary>
internal sealed class SharedCaches : KvCaches
{
    private readonly List<(string Past, string Present, OrtValue Value)> values = [];

    public SharedCaches(IReadOnlyList<CacheShape> caches, OrtIoBinding binding, ProviderMemory memory, int batch, int capacity)
    {
        foreach (var cache in caches)
        {
            foreach (var (past, present) in new[] { (cache.PastKey, cache.PresentKey), (cache.PastValue, cache.PresentValue) })
                values.Add((past, present, Zeros(memory, cache, batch, capacity)));
        }

        BindTo(binding);
    }

    public override void BindTo(OrtIoBinding other)
    {
        foreach (var (past, present, value) in values)
        {
            other.BindInput(past, value);
            other.BindOutput(present, value);
        }
    }

    public override void Prepare(int length, int count)
    {
    }

    public override void Dispose() => values.ForEach(cache => cache.Value.Dispose());
}

/// <summary>Caches of graphs that put new keys and values behind a copy of the old ones: what one call made is what the next one reads.</summary>
internal sealed class GrowingCaches(IReadOnlyList<CacheShape> caches, OrtIoBinding binding, ProviderMemory memory, int batch) : KvCaches
{
    /// <summary>Of all layers, key and value in turn.</summary>
    private readonly record struct Filled(int Length, OrtValue[] Values);

    private Filled? past, present;

    public override void Prepare(int length, int count)
    {
        if (past?.Length != length)
        {
            var read = present?.Length == length ? present.Value.Values : Cut(length);
            Free(past);
            if (read == present?.Values)
                present = null;
            past = new(length, read);
            Each(past.Value, (cache, i) => i == 0 ? cache.PastKey : cache.PastValue, binding.BindInput);
        }
        if (present?.Length == length + count)
            return;
        Free(present);
        present = new(length + count, Made(length + count));
        Each(present.Value, (cache, i) => i == 0 ? cache.PresentKey : cache.PresentValue, binding.BindOutput);
    }

    public override void Dispose()
    {
        Free(past);
        Free(present);
    }

    private OrtValue[] Made(int length) => [.. caches.SelectMany(cache => new[] { Zeros(memory, cache, batch, length), Zeros(memory, cache, batch, length) })];

    /// <summary>The first tokens of what is there: a sequence was shortened.</summary>
    private OrtValue[] Cut(int length)
    {
        var cut = Made(length);
        if (length == 0)
            return cut;
        var longer = present is { } made && made.Length > length ? made : past!.Value;
        for (var i = 0; i < cut.Length; i++)
        {
            Span<byte> from = longer.Values[i].GetTensorMutableRawData(), to = cut[i].GetTensorMutableRawData();
            var rows = batch * caches[i / 2].KvHeads;
            int source = from.Length / rows, target = to.Length / rows;
            for (var row = 0; row < rows; row++)
                from.Slice(row * source, target).CopyTo(to[(row * target)..]);
        }
        return cut;
    }

    private void Each(Filled filled, Func<CacheShape, int, string> name, Action<string, OrtValue> bind)
    {
        for (var i = 0; i < filled.Values.Length; i++)
            bind(name(caches[i / 2], i % 2), filled.Values[i]);
    }

    private static void Free(Filled? filled)
    {
        foreach (var value in filled?.Values ?? [])
            value.Dispose();
    }
}
