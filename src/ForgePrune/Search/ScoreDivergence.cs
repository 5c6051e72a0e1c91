using ForgePrune.Forward;

namespace ForgePrune.Search;

/// <summary>Divergences by a runner that judges predictions on a device: rows of final streams go there, and one number a row comes back.</summary>
/// <param name="dense">The dense model's head.</param>
/// <param name="planned">That of the plans.</param>
internal sealed class ScoreDivergence(IBlockRunner runner, OutputHead dense, OutputHead planned, int stride)
    : DivergenceMeter(dense.Weights.Rows, stride)
{
    /// <summary>Rows of the stream are a small part of what they predict.</summary>
    public override int KnownWidth => dense.Weights.Cols;

    protected override Func<Activations, double[]> Against(
        (int Window, int Position)[] slots, int[] rows, DensePrediction?[] known, Activations? denseEnd)
    {
        var (width, ends) = (KnownWidth, new float[rows.Length * KnownWidth]);
        for (var i = 0; i < rows.Length; i++)
        {
            var (window, position) = slots[i];
            var row = ends.AsSpan(i * width, width);
            var kept = known[window] is { } place ? place.Values.AsSpan(position * width, width) : [];
            if (known[window] is { Complete: true })
            {
                kept.CopyTo(row);
                continue;
            }

            denseEnd!.Take(rows.AsSpan(i, 1), row);
            if (!kept.IsEmpty)
                row.CopyTo(kept);
        }

        return taken => runner.Score(new(planned, taken.Values) { Truth = dense, TruthEnds = ends }).Divergences;
    }
}
