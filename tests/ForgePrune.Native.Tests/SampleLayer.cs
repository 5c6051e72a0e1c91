using System.Globalization;
using System.Text;
using ForgePrune.Kernels;

namespace ForgePrune.Native.Tests;

/// <summary>What the samples compute, through the .NET interface.</summary>
internal static class SampleLayer
{
    private const int Tokens = 256, Cols = 48, Rows = 24, Kept = Cols / 2;

    /// <summary>The lines that a sample prints with --bits.</summary>
    public static string Bits()
    {
        ulong state = 1;
        double Made()
        {
            state = unchecked(state * 6364136223846793005 + 1442695040888963407);
            return ((state >> 40) - 8388608.0) / 8388608.0;
        }

        var x = Enumerable.Range(0, Tokens * Cols).Select(_ => (float)Made()).ToArray();
        var w = Enumerable.Range(0, Rows * Cols).Select(_ => Made()).ToArray();
        var hessian = new double[Cols * Cols];
        Gram.Accumulate(x, Tokens, Cols, Cols, hessian, Cols, threads: 0);
        for (var i = 0; i < hessian.Length; i++)
            hessian[i] = hessian[i] * (2.0 / Tokens) + (i % (Cols + 1) == 0 ? 1.0 / 128 : 0);
        var inverse = (double[])hessian.Clone();
        Assert.That(Cholesky.Factor(inverse, Cols, Cols, threads: 0), Is.EqualTo(-1));
        SpdInverse.FromFactor(inverse, Cols, Cols, threads: 0);
        var gram = new double[Cols * Cols];
        Gram.Accumulate(w, Rows, Cols, Cols, gram, Cols, threads: 0);
        var (order, scores) = ChannelElimination.Run(inverse, gram, Cols, [], Cols, threads: 0);
        var levels = LevelFactor.FromWeights(hessian, Cols, Cols, w, Rows, Cols, [.. order.Reverse()], threads: 0);
        var refitted = new float[Rows * Kept];
        levels.Refit(Kept, refitted, Kept);

        var lines = new StringBuilder();
        for (var i = 0; i < Cols; i++)
            lines.Append(CultureInfo.InvariantCulture, $"order {i} {order[i]}\n");
        Append(lines, "score", scores);
        Append(lines, "error", levels.Errors);
        foreach (var weight in refitted)
            Append(lines, "weight", [weight]);
        return lines.ToString();
    }

    private static void Append(StringBuilder lines, string name, IReadOnlyList<double> values)
    {
        for (var i = 0; i < values.Count; i++)
            lines.Append(CultureInfo.InvariantCulture, $"{name} {i} {BitConverter.DoubleToUInt64Bits(values[i]):x16}\n");
    }
}
