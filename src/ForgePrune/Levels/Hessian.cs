using System.Numerics.Tensors;
using ForgePrune.Calibration;
using ForgePrune.Kernels;

namespace ForgePrune.Levels;

/// <summary>H = (2/tokens)·XᵀX + λI, the curvature of the output error of one projection: error = ½·tr(D H Dᵀ) for weights W + D.</summary>
/// <remarks>Affine: with a free output bias the best bias absorbs the means, and what remains to be fitted is the centered
/// (2/tokens)·XᵀX − 2·m·mᵀ, m the column means. λ stays that of the uncentered matrix, so that both are damped alike.</remarks>
internal sealed class Hessian
{
    private readonly double[] diagonal;
    private readonly double mean;

    private Hessian(int cols, LongArray<double> values, double[] diagonal, bool[] dead, double mean) =>
        (Cols, Values, this.diagonal, Dead, this.mean) = (cols, values, diagonal, dead, mean);

    public int Cols { get; }

    /// <summary>Damped, full symmetric (cols × cols). A dead column keeps only its diagonal, so it touches no other.</summary>
    public LongArray<double> Values { get; }

    /// <summary>One row of the values.</summary>
    public Span<double> Row(int row) => Values.AsLongSpan().Span((long)row * Cols, Cols);

    /// <summary>Columns that were zero on every token: removing them costs nothing.</summary>
    public bool[] Dead { get; }

    public double Lambda { get; private set; }

    /// <summary>The damping on the diagonal of <paramref name="col"/>; it pulls a refit toward the weights that it starts from.</summary>
    public double Pull(int col) => Dead[col] ? Values[(long)col * Cols + col] : Lambda;

    /// <param name="threads">The result does not depend on it.</param>
    public static Hessian From(GramStatistics gram, double fraction, bool affine, int threads)
    {
        if (gram.Tokens <= 0)
            throw new ArgumentException("a Gram without tokens", nameof(gram));
        var cols = gram.Cols;
        var scale = 2.0 / gram.Tokens;
        var dead = new bool[cols];
        var (sum, living) = (0.0, 0);
        for (var col = 0; col < cols; col++)
        {
            var diagonal = gram.Values[(long)col * cols + col];
            dead[col] = diagonal == 0;
            sum += diagonal * scale;
            living += dead[col] ? 0 : 1;
        }

        // The mean is taken over living columns: dead ones would thin the damping of the others out.
        var mean = living == 0 ? 1 : sum / living;
        var values = LargeArray.UninitializedLong<double>(gram.Values.Length);
        var undamped = new double[cols];
        double[] means = affine ? [.. Enumerable.Range(0, cols).Select(gram.Mean)] : [];
        Workers.For(cols, threads, row =>
        {
            var to = values.AsLongSpan().Span((long)row * cols, cols);
            TensorPrimitives.Multiply(gram.Row(row), scale, to);
            if (affine)
            {
                var product = new double[cols];
                TensorPrimitives.Multiply(means, 2 * means[row], product);
                TensorPrimitives.Subtract(to, product, to);
            }

            undamped[row] = dead[row] ? mean : to[row];
        });

        var hessian = new Hessian(cols, values, undamped, dead, mean);
        hessian.Damp(fraction);
        return hessian;
    }

    /// <summary>Replaces the damping; a dead column keeps its diagonal.</summary>
    public void Damp(double fraction)
    {
        Lambda = fraction * mean;
        for (var col = 0; col < Cols; col++)
            Values[(long)col * Cols + col] = Dead[col] ? diagonal[col] : diagonal[col] + Lambda;
    }
}
