using System.Numerics;
using System.Numerics.Tensors;

namespace ForgePrune.Kernels;

/// <summary>
/// One factor from which every level of a layer is made: with the survivors first in π, L·Lᵀ = H[π,π] and Y = L⁻¹ M[:,π]ᵀ, the first k columns of π
/// have the factor L[:k,:k], the refit (L_kᵀ)⁻¹ Y[:k] and the error energy − ‖Y[:k]‖².
/// </summary>
/// <remarks>
/// The refit solves the normal equations of least squares by Cholesky's factor (Golub and Van Loan, "Matrix Computations", section 5.3.2); that a leading part
/// of L is the factor of the leading part of H makes one factor serve all widths. For M = W·H the errors are the sums of the scores of the elimination.
/// </remarks>
public sealed partial class LevelFactor
{
    // Rows that are transposed together: the lines that they touch are met again before they leave the cache.
    private const int Band = 8;

    private readonly ITriangle factor;
    private readonly double[] targets;
    private readonly int threads;

    private LevelFactor(ITriangle factor, double[] targets, int[] order, int rows, double[] errors, int threads) =>
        (this.factor, this.targets, Order, Rows, Errors, this.threads) = (factor, targets, order, rows, errors, threads);

    /// <summary>The columns of the layer, survivors first. A level with k columns keeps the first k.</summary>
    public IReadOnlyList<int> Order { get; }

    /// <summary>The number of rows (outputs) of the layer.</summary>
    public int Rows { get; }

    /// <summary>
    /// The squared output error tr((Ŵ−W) H (Ŵ−W)ᵀ) with k refitted columns, for k from 0 to the number of columns in the order. It never rises with k.
    /// </summary>
    public IReadOnlyList<double> Errors { get; }

    /// <summary>Factors H and solves for all levels.</summary>
    /// <param name="hessian">H, n × n, row-major, symmetric and damped. Only read.</param>
    /// <param name="n">Columns of the layer.</param>
    /// <param name="stride">Elements from one row of H to the next.</param>
    /// <param name="moment">
    /// M, rows × n, row-major: W·H with the same damped H, or the cross moment of targets and inputs when they come from different networks. Only read.
    /// </param>
    /// <param name="rows">Rows (outputs) of the layer.</param>
    /// <param name="momentStride">Elements from one row of M to the next.</param>
    /// <param name="order">
    /// Distinct columns, survivors first (last removed first); may leave out columns that are never kept, such as dead ones of an undamped H.
    /// </param>
    /// <param name="threads">Number of threads; 0 means all processors. The result does not depend on it.</param>
    /// <param name="energy">
    /// tr of the targets' own second moment, the error with no column at all. Null when M = W·H over all columns: the error with all columns is then 0,
    /// and the curve is summed from that end, which keeps small errors exact where a difference of large numbers would not.
    /// </param>
    /// <exception cref="NotPositiveDefiniteException">H[π,π] has a pivot that is not positive; the pivot counts in the order given.</exception>
    /// <exception cref="ArgumentException">
    /// A matrix is too short for its shape, a stride below its number of columns, or a column out of range or repeated.
    /// </exception>
    /// <exception cref="ArgumentOutOfRangeException">An extent or the number of threads is negative.</exception>
    /// <remarks>Float64 throughout; holds n² + n·rows doubles. The same result for every number of threads.</remarks>
    public static LevelFactor Create(ReadOnlyLongSpan<double> hessian, int n, int stride, ReadOnlySpan<double> moment, int rows, int momentStride,
        ReadOnlySpan<int> order, int threads, double? energy = null)
    {
        var factor = Factor(hessian, n, stride, order, threads);
        var targets = Gathered(moment, rows, n, momentStride, order, threads);
        TriangularSolve.Lower(factor, order.Length, order.Length, targets, rows, rows, threads);
        return new(new Triangle(factor, order.Length), targets, order.ToArray(), rows, Curve(targets, order.Length, rows, energy), threads);
    }

    /// <summary>
    /// Makes the same for M = W·H without forming it: then Y = L⁻¹ (L Lᵀ) W[:,π]ᵀ = Lᵀ W[:,π]ᵀ, a third of the work and no solve.
    /// </summary>
    /// <param name="hessian">H, n × n, row-major, symmetric and damped. Only read.</param>
    /// <param name="n">Columns of the layer.</param>
    /// <param name="stride">Elements from one row of H to the next.</param>
    /// <param name="weights">W, rows × n, row-major. Only read.</param>
    /// <param name="rows">Rows (outputs) of the layer.</param>
    /// <param name="weightStride">Elements from one row of W to the next.</param>
    /// <param name="order">All n columns, survivors first (last removed first).</param>
    /// <param name="threads">Number of threads; 0 means all processors. The result does not depend on it.</param>
    /// <exception cref="NotPositiveDefiniteException">H[π,π] has a pivot that is not positive; the pivot counts in the order given.</exception>
    /// <exception cref="ArgumentException">
    /// A matrix is too short for its shape, a stride below its number of columns, or the order lists not all columns once.
    /// </exception>
    /// <exception cref="ArgumentOutOfRangeException">An extent or the number of threads is negative.</exception>
    public static LevelFactor FromWeights(ReadOnlyLongSpan<double> hessian, int n, int stride, ReadOnlySpan<double> weights, int rows, int weightStride,
        ReadOnlySpan<int> order, int threads)
    {
        if (order.Length != n)
            throw new ArgumentException($"The order lists {order.Length} of {n} columns; list all, or pass the moment W·H to {nameof(Create)}.", nameof(order));
        var factor = Factor(hessian, n, stride, order, threads);
        var permuted = Gathered(weights, rows, n, weightStride, order, threads);
        var targets = LargeArray.Uninitialized<double>(permuted.Length);
        TriangularProduct.LowerTransposed(factor, n, n, permuted, targets, rows, threads);
        return new(new Triangle(factor, n), targets, order.ToArray(), rows, Curve(targets, n, rows, null), threads);
    }

    /// <summary>
    /// Makes the same from the L⁻¹ that <see cref="ChannelElimination"/> leaves behind: nothing is factored again, Y = L⁻¹ M[:,π]ᵀ and the refit (L_k⁻¹)ᵀ Y[:k]
    /// are products.
    /// </summary>
    /// <param name="inverseFactor">
    /// L⁻¹, row-major, lower triangular, with at least as many rows as the order is long; survivors first. Kept, not copied.
    /// </param>
    /// <param name="stride">Elements from one row of L⁻¹ to the next.</param>
    /// <param name="moment">M = W·H with the damped H of the sweep, rows × n, row-major. Only read.</param>
    /// <param name="rows">Rows (outputs) of the layer.</param>
    /// <param name="n">Columns of the layer.</param>
    /// <param name="momentStride">Elements from one row of M to the next.</param>
    /// <param name="order">Distinct columns, survivors first (last removed first), without the dead ones.</param>
    /// <param name="threads">Number of threads; 0 means all processors. The result does not depend on it.</param>
    /// <param name="energy">As in <see cref="Create"/>.</param>
    /// <exception cref="ArgumentException">
    /// A matrix is too short for its shape, a stride below its number of columns, or a column out of range or repeated.
    /// </exception>
    /// <exception cref="ArgumentOutOfRangeException">An extent or the number of threads is negative.</exception>
    public static LevelFactor FromInverse(LongArray<double> inverseFactor, int stride, ReadOnlySpan<double> moment, int rows, int n, int momentStride,
        ReadOnlySpan<int> order, int threads, double? energy = null)
    {
        Shape.Require<double>(inverseFactor, order.Length, order.Length, stride);
        RequireDistinct(order, n);
        var permuted = Gathered(moment, rows, n, momentStride, order, threads);
        var targets = LargeArray.Uninitialized<double>(permuted.Length);
        TriangularProduct.Lower(inverseFactor, order.Length, stride, permuted, targets, rows, threads);
        return FromTargets(inverseFactor, stride, targets, rows, order, threads, energy);
    }

    /// <summary>Makes the same where the targets Y were solved for elsewhere, as on a GPU.</summary>
    /// <param name="inverseFactor">L⁻¹, row-major, lower triangular with zeros above the diagonal, as many rows as the order is long. Kept, not copied.</param>
    /// <param name="stride">Elements from one row of L⁻¹ to the next.</param>
    /// <param name="targets">Y = L⁻¹ M[:,π]ᵀ, as many rows as the order is long × rows, row-major without gaps. Kept, not copied.</param>
    /// <param name="rows">Rows (outputs) of the layer.</param>
    /// <param name="order">Distinct columns, survivors first. They are not checked here.</param>
    /// <param name="threads">Number of threads; 0 means all processors. The result does not depend on it.</param>
    /// <param name="energy">As in <see cref="Create"/>.</param>
    /// <exception cref="ArgumentException">A matrix is too short for its shape, or the stride below its number of columns.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The number of rows is negative.</exception>
    public static LevelFactor FromTargets(LongArray<double> inverseFactor, int stride, double[] targets, int rows, ReadOnlySpan<int> order, int threads,
        double? energy = null)
    {
        Shape.Require<double>(inverseFactor, order.Length, order.Length, stride);
        Shape.Require<double>(targets, order.Length, rows, rows);
        return new(new InverseTriangle(inverseFactor, stride), targets, order.ToArray(), rows, Curve(targets, order.Length, rows, energy), threads);
    }

    /// <summary>L of H[π,π], with zeros above the diagonal.</summary>
    private static LongArray<double> Factor(ReadOnlyLongSpan<double> hessian, int n, int stride, ReadOnlySpan<int> order, int threads)
    {
        Shape.Require(hessian, n, n, stride);
        RequireDistinct(order, n);
        var count = order.Length;
        var factor = LargeArray.UninitializedLong<double>((long)count * count);
        unsafe
        {
            fixed (double* from = hessian, to = factor)
            fixed (int* columns = order)
            {
                double* source = from, target = to;
                var place = columns;
                Workers.For(count, threads, i =>
                {
                    double* row = source + (nint)place[i] * stride, line = target + (nint)i * count;
                    for (var j = 0; j <= i; j++)
                        line[j] = row[place[j]];
                    new Span<double>(line + i + 1, count - i - 1).Clear();
                });
            }
        }
        var pivot = Cholesky.Factor(factor, count, count, threads);
        return pivot < 0 ? factor : throw new NotPositiveDefiniteException("The Hessian in removal order", pivot);
    }

    /// <summary>matrix[:,π]ᵀ.</summary>
    private static unsafe double[] Gathered(ReadOnlySpan<double> matrix, int rows, int n, int stride, ReadOnlySpan<int> order, int threads)
    {
        Shape.Require(matrix, rows, n, stride);
        var (gathered, count) = (LargeArray.Uninitialized<double>((long)order.Length * rows), order.Length);
        fixed (double* from = matrix, to = gathered)
        fixed (int* columns = order)
        {
            double* source = from, target = to;
            var place = columns;
            Workers.For((rows + Band - 1) / Band, threads, band =>
            {
                int first = band * Band, end = Math.Min(rows, first + Band);
                for (var i = 0; i < count; i++)
                    for (var row = first; row < end; row++)
                        target[(nint)i * rows + row] = source[(nint)row * stride + place[i]];
            });
        }

        return gathered;
    }

    /// <summary>Writes the refitted weights of the first k columns. Column i belongs to channel <c>Order[i]</c>.</summary>
    /// <param name="k">Columns kept, from 0 to the number of columns in the order.</param>
    /// <param name="weights">Written: <see cref="Rows"/> × k, row-major, in the order of π.</param>
    /// <param name="stride">Elements from one row of the weights to the next.</param>
    /// <exception cref="ArgumentException">The span is too short for its shape, or the stride is below k.</exception>
    /// <exception cref="ArgumentOutOfRangeException">k is negative, or greater than the number of columns in the order.</exception>
    public void Refit(int k, Span<float> weights, int stride) => WriteRefit(k, weights, stride);

    /// <inheritdoc cref="Refit(int, Span{float}, int)"/>
    public void Refit(int k, Span<double> weights, int stride) => WriteRefit(k, weights, stride);

    private unsafe void WriteRefit<T>(int k, Span<T> weights, int stride) where T : unmanaged, INumberBase<T>
    {
        Shape.Require<T>(weights, Rows, k, stride);
        var solution = Solve(k);
        fixed (double* from = solution)
        fixed (T* to = weights)
        {
            var source = from;
            var target = to;
            Workers.For((Rows + Band - 1) / Band, threads, band =>
            {
                int first = band * Band, end = Math.Min(Rows, first + Band);
                for (var i = 0; i < k; i++)
                    for (var row = first; row < end; row++)
                        target[(nint)row * stride + i] = T.CreateTruncating(source[(nint)i * Rows + row]);
            });
        }
    }

    private double[] Solve(int k)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(k, Order.Count);
        var solution = LargeArray.Uninitialized<double>((long)k * Rows);
        factor.SolveTransposed(k, targets.AsSpan(0, k * Rows), solution, Rows, threads);
        return solution;
    }

    private static double[] Curve(double[] targets, int count, int rows, double? energy)
    {
        var errors = new double[count + 1];
        for (var i = count - 1; i >= 0; i--)
            errors[i] = errors[i + 1] + TensorPrimitives.SumOfSquares<double>(targets.AsSpan(i * rows, rows));
        if (energy is { } total)
        {
            var unreachable = total - errors[0];
            for (var i = 0; i <= count; i++)
                errors[i] += unreachable;
        }
        return errors;
    }

    internal static void RequireDistinct(ReadOnlySpan<int> order, int n)
    {
        var seen = new bool[n];
        foreach (var col in order)
        {
            if ((uint)col >= (uint)n || seen[col])
                throw new ArgumentException($"Column {col} is out of range or repeated; an order lists distinct columns from 0 to {n - 1}.", nameof(order));
            seen[col] = true;
        }
    }
}
