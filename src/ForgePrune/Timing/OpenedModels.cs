using ForgePrune.Serving;

namespace ForgePrune.Timing;

/// <summary>Models that are loaded together, each in the memory that was left when its turn came.</summary>
internal sealed class OpenedModels : IDisposable
{
    private readonly IServedDecoder?[] decoders;

    /// <param name="models">Each opens its model.</param>
    /// <param name="backwards">Whether the last one is opened first.</param>
    public OpenedModels(IReadOnlyList<Func<IServedDecoder>> models, bool backwards)
    {
        decoders = new IServedDecoder?[models.Count];
        int[] order = [.. Enumerable.Range(0, models.Count)];
        Order = backwards ? [.. order.Reverse()] : order;
        try
        {
            foreach (var index in Order)
                decoders[index] = models[index]();
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Indices of the models as they were opened.</summary>
    public IReadOnlyList<int> Order { get; }

    public IServedDecoder this[int index] => decoders[index]!;

    public void Dispose()
    {
        foreach (var decoder in decoders)
            decoder?.Dispose();
    }
}
