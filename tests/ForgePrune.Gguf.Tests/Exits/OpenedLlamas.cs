namespace ForgePrune.Gguf.Tests.Exits;

/// <summary>The dense and the pruned model, loaded in either order.</summary>
internal sealed class OpenedLlamas : IDisposable
{
    /// <param name="backwards">Whether the pruned one is loaded first.</param>
    public OpenedLlamas(string dense, string pruned, bool backwards)
    {
        var first = LlamaCpp.Open(backwards ? pruned : dense);
        try
        {
            var second = LlamaCpp.Open(backwards ? dense : pruned);
            (Dense, Pruned) = backwards ? (second, first) : (first, second);
        }
        catch
        {
            first.Dispose();
            throw;
        }
    }

    public LlamaCpp Dense { get; }

    public LlamaCpp Pruned { get; }

    public void Dispose()
    {
        Dense.Dispose();
        Pruned.Dispose();
    }
}
