using ForgePrune.Model;

namespace ForgePrune.Checkpoints;

/// <summary>A matrix that all its readers share, and that goes when the last of them lets it go. Embedding and head of a model are wanted
/// in many places at once, and a large vocabulary makes each of them a quarter of a gigabyte.</summary>
internal sealed class SharedMatrix(Func<Matrix> read)
{
    private readonly WeakReference<Matrix?> kept = new(null);

    public Matrix Get()
    {
        if (kept.TryGetTarget(out var matrix))
            return matrix;
        matrix = read();
        kept.SetTarget(matrix);
        return matrix;
    }
}
