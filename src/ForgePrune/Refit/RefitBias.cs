using ForgePrune.Levels;
using ForgePrune.Model;

namespace ForgePrune.Refit;

/// <summary>The bias of a refitted projection: the one that it had, or where the bias is fitted too, what the kept columns leave of the mean output.</summary>
/// <param name="rows">The outputs of the projection.</param>
/// <param name="kept">The bias to keep where <paramref name="means"/> is null.</param>
/// <param name="means">Mean inputs and mean outputs, bias included; given where the bias is to be found.</param>
internal sealed class RefitBias(int rows, float[]? kept, Means? means)
{
    /// <summary>The bias that goes with weights over <paramref name="columns"/>.</summary>
    public float[]? Of(Matrix weights, IReadOnlyList<int> columns)
    {
        if (means is null)
            return kept;
        var bias = new float[rows];
        for (var row = 0; row < rows; row++)
        {
            var sum = means.Outputs[row];
            for (var i = 0; i < columns.Count; i++)
                sum -= weights.Row(row)[i] * means.Inputs[columns[i]];
            bias[row] = (float)sum;
        }

        return bias;
    }
}
