using ForgePrune.Calibration;
using ForgePrune.Forward;
using ForgePrune.Model;

namespace ForgePrune.Tests.Levels;

/// <summary>Correlated inputs with means, the same for the same seed.</summary>
internal static class SyntheticInputs
{
    public static Activations Activations(int tokens, int cols, int seed)
    {
        var random = new Random(seed);
        var x = new Activations(1, tokens, cols);
        for (var t = 0; t < tokens; t++)
        {
            var common = random.NextSingle();
            for (var col = 0; col < cols; col++)
                x.Values[t * cols + col] = (1 + col % 3) * (random.NextSingle() - 0.3f) + common * (col % 2);
        }

        return x;
    }

    public static GramStatistics Gram(Activations x)
    {
        var gram = new GramStatistics(x.Width);
        gram.Add(x, threads: 1);
        return gram;
    }

    public static GramStatistics Gram(int tokens, int cols, int seed) => Gram(Activations(tokens, cols, seed));

    public static Matrix Weights(int rows, int cols, int seed)
    {
        var random = new Random(seed);
        return new Matrix(rows, cols, Enumerable.Range(0, rows * cols).Select(_ => random.NextSingle() - 0.5f).ToArray());
    }
}
