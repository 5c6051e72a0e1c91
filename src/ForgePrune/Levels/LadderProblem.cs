using System.Numerics.Tensors;
using ForgePrune.Kernels;

namespace ForgePrune.Levels;

/// <summary>The validation loss of one projection under any damping, at a fraction of the cost of its levels.</summary>
/// <remarks>
/// The loss is taken at five widths from a quarter to three quarters of the columns, where plans lie, and its logarithms are averaged: which of these widths a
/// plan takes is not known yet, and each should count by the factor that it gains, however small its loss. Three shortcuts treat all dampings alike. Columns
/// leave in the order of their weights' norm times their inputs' (Wanda, Sun et al. 2024), so that nothing is eliminated. Only the columns of the largest
/// width are factored. And random sums, the same for all dampings, stand for the rows of W: they keep the squared norms in the mean (Johnson and
/// Lindenstrauss 1984).
/// </remarks>
internal sealed class LadderProblem
{
    // With as many sums a squared norm is off by √(2/256) = 9% if all rows were multiples of one, and by about 1% if a hundred were independent.
    private const int MostRows = 256;

    private const int SumsSeed = 1;

    /// <summary>A share of the loss of removing everything that is no more than rounding.</summary>
    private const double Least = 1e-12;

    private readonly int rows, count, rank, threads;
    private readonly LongArray<double> matrix, root;
    private readonly double[] diagonal, weights, moment, outputs;
    private readonly bool[] dead;
    private readonly double energy;
    private readonly Hessian hessian;
    private readonly int[] widths;

    /// <param name="hessian">H of all columns. Its damping is changed here.</param>
    /// <param name="wide">W, rows × columns.</param>
    /// <param name="survivorsFirst">All columns, those to be removed last first.</param>
    public LadderProblem(Hessian hessian, double[] wide, int rows, int[] survivorsFirst, Validation validation, int threads)
    {
        var cols = hessian.Cols;
        hessian.Damp(0);
        widths = [.. Enumerable.Range(2, 5).Select(eighths => cols * eighths / 8)];
        (this.hessian, this.threads, rank, count, this.rows) = (hessian, threads, validation.Root.Rank, widths[^1], Math.Min(rows, MostRows));
        var order = survivorsFirst[..count];
        var sums = rows > MostRows ? Sums(wide, rows, cols, threads) : wide;
        outputs = LargeArray.Uninitialized<double>((long)this.rows * rank);
        Product.Multiply(Transpose.No, Transpose.No, this.rows, rank, cols, 1, sums, cols, validation.Root.Values, rank, 0, outputs, rank, threads);
        energy = TensorPrimitives.SumOfSquares<double>(outputs);
        var full = LargeArray.Uninitialized<double>((long)this.rows * cols);
        Product.Multiply(Transpose.No, Transpose.No, this.rows, cols, cols, 1, sums, cols, hessian.Values, cols, 0, full, cols, threads);
        (weights, moment) = (Columns(sums, cols, order, threads), Columns(full, cols, order, threads));
        matrix = LargeArray.UninitializedLong<double>((long)count * count);
        root = LargeArray.UninitializedLong<double>((long)count * rank);
        Workers.For(count, threads, i =>
        {
            Gather(hessian.Row(order[i]), order, matrix.AsLongSpan().Span((long)i * count, count));
            validation.Root.Values.AsLongSpan().Span((long)order[i] * rank, rank).CopyTo(root.AsLongSpan().Span((long)i * rank, rank));
        });

        diagonal = [.. order.Select(col => hessian.Values[(long)col * cols + col])];
        dead = [.. order.Select(col => hessian.Dead[col])];
    }

    /// <summary>The geometric mean of the losses, each a share of the loss of removing everything.</summary>
    /// <exception cref="NotPositiveDefiniteException">More damping is needed.</exception>
    public double Loss(double fraction)
    {
        hessian.Damp(fraction);
        double[] pulls = Array.ConvertAll(dead, gone => gone ? 0 : hessian.Lambda);
        for (var i = 0; i < count; i++)
            matrix[(long)i * count + i] = diagonal[i] + pulls[i];
        var pulled = LargeArray.Uninitialized<double>(moment.Length);
        Workers.For(rows, threads, row =>
        {
            var to = pulled.AsSpan(row * count, count);
            TensorPrimitives.Multiply(weights.AsSpan(row * count, count), pulls, to);
            TensorPrimitives.Add(to, moment.AsSpan(row * count, count), to);
        });

        var factor = LevelFactor.Create(matrix, count, count, pulled, rows, count, [.. Enumerable.Range(0, count)], threads);
        var losses = factor.UnseenErrors(root, count, rank, rank, (double[])outputs.Clone(), widths);
        return energy == 0 ? 0 : Math.Exp(losses.Average(loss => Math.Log(Math.Max(loss / energy, Least))));
    }

    /// <summary>Rows of random signs times W, of equal squared norm in the mean.</summary>
    private static double[] Sums(double[] wide, int rows, int cols, int threads)
    {
        var random = new Random(SumsSeed);
        var signs = new double[MostRows * rows];
        for (var i = 0; i < signs.Length; i++)
            signs[i] = random.Next(2) * 2 - 1;
        var sums = LargeArray.Uninitialized<double>((long)MostRows * cols);
        Product.Multiply(Transpose.No, Transpose.No, MostRows, cols, rows, 1 / Math.Sqrt(MostRows), signs, rows, wide, cols, 0, sums, cols, threads);
        return sums;
    }

    /// <summary>The columns of a matrix in the order given.</summary>
    private static double[] Columns(double[] values, int cols, int[] order, int threads)
    {
        var rows = cols == 0 ? 0 : values.Length / cols;
        var gathered = LargeArray.Uninitialized<double>((long)rows * order.Length);
        Workers.For(rows, threads, row => Gather(values.AsSpan(row * cols, cols), order, gathered.AsSpan(row * order.Length, order.Length)));
        return gathered;
    }

    private static void Gather(ReadOnlySpan<double> from, int[] order, Span<double> to)
    {
        for (var i = 0; i < order.Length; i++)
            to[i] = from[order[i]];
    }
}
