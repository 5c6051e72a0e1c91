using ForgePrune.Model;

namespace ForgePrune.Forward;

/// <summary>Reads layers of a model in turn. For a runner with a memory of its own they are left as they are stored, and the next is read while the one before
/// it is computed with; on the processor, reading would take from computing.</summary>
/// <param name="end">The layer before which reading ends.</param>
internal sealed class LayerReader(IDecoderModel model, IBlockRunner runner, int end) : IDisposable
{
    private (int Index, Task<LayerWeights> Weights)? next;

    public LayerWeights Read(int index)
    {
        if (!runner.TakesNarrow)
            return model.ReadLayer(index);
        if (next is not { } ahead || ahead.Index != index)
        {
            Dispose();
            ahead = (index, Task.FromResult(model.ReadStored(index)));
        }

        next = null;
        var weights = ahead.Weights.GetAwaiter().GetResult();
        if (model.ReadsAhead && index + 1 < end)
            next = (index + 1, Task.Run(() => model.ReadStored(index + 1)));
        return weights;
    }

    /// <summary>Waits for what is still read, so that the model can be closed.</summary>
    public void Dispose()
    {
        if (next is { } ahead)
            ((IAsyncResult)ahead.Weights).AsyncWaitHandle.WaitOne();
        next = null;
    }
}
