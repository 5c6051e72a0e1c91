using ForgePrune.Calibration;
using ForgePrune.Model;

namespace ForgePrune.Levels;

/// <summary>The means that a fitted bias makes up for.</summary>
/// <param name="Inputs">The mean input of each column.</param>
/// <param name="Outputs">The mean target output of each row, bias included.</param>
internal sealed record Means(double[] Inputs, double[] Outputs)
{
    public static Means OfDense(GramStatistics gram, Matrix weights, float[]? bias)
    {
        var inputs = new double[gram.Cols];
        for (var col = 0; col < inputs.Length; col++)
            inputs[col] = gram.Mean(col);
        var outputs = new double[weights.Rows];
        for (var row = 0; row < outputs.Length; row++)
        {
            var sum = (double)(bias?[row] ?? 0);
            var line = weights.Row(row);
            for (var col = 0; col < inputs.Length; col++)
                sum += line[col] * inputs[col];
            outputs[row] = sum;
        }

        return new Means(inputs, outputs);
    }
}
