using System.Runtime.Intrinsics;

namespace ForgePrune.Kernels;

/// <summary>
/// The factors c and h of removals that are not yet applied to P and G. They lie in strips of 32 slots, all removals of a strip one after the other,
/// so that correcting a row walks through memory once and in order: with plain rows it would touch as many pages as there are factors.
/// </summary>
internal sealed unsafe class PendingFactors(int capacity, int slots) : IDisposable
{
    /// <summary>Slots of one strip: four vectors of P and four of G stay in registers while the removals pass.</summary>
    public const int Strip = 32;

    private readonly Scratch<double> memory = new((long)Padded(slots) * 2 * capacity);
    private readonly double[] fromC = new double[capacity], hAt = new double[capacity], cAt = new double[capacity];

    /// <summary>The removals kept.</summary>
    public int Count { get; private set; }

    /// <summary>The least multiple of the strip that holds so many slots.</summary>
    public static int Padded(int slots) => (slots + Strip - 1) / Strip * Strip;

    // c of a removal in one strip, followed by its h.
    private double* At(int removal, int slot) => memory.Pointer + ((nint)(slot / Strip) * capacity + removal) * 2 * Strip + slot % Strip;

    /// <summary>Gathers what the kept removals have at the slot whose rows are corrected next.</summary>
    public void Aim(int slot, double[] pivots)
    {
        for (var k = 0; k < Count; k++)
        {
            var c = At(k, slot);
            (fromC[k], hAt[k], cAt[k]) = (-pivots[k] * c[0], -c[Strip], -c[0]);
        }
    }

    /// <summary>Subtracts all factors from a stored row of P and of G, in the strips from <paramref name="first"/> up to <paramref name="end"/>.</summary>
    public void Correct(double* rowP, double* rowG, int first, int end)
    {
        fixed (double* fromC = this.fromC, hAt = this.hAt, cAt = this.cAt)
            for (var start = first; start < end; start += Strip)
                CorrectStrip(At(0, start), fromC, hAt, cAt, Count, rowP + start, rowG + start);
    }

    private static void CorrectStrip(double* factor, double* fromC, double* hAt, double* cAt, int count, double* rowP, double* rowG)
    {
        Vector512<double> p0 = Vector512.Load(rowP), p1 = Vector512.Load(rowP + 8), p2 = Vector512.Load(rowP + 16), p3 = Vector512.Load(rowP + 24);
        Vector512<double> g0 = Vector512.Load(rowG), g1 = Vector512.Load(rowG + 8), g2 = Vector512.Load(rowG + 16), g3 = Vector512.Load(rowG + 24);
        for (var k = 0; k < count; k++, factor += 2 * Strip)
        {
            Vector512<double> x = Vector512.Create(fromC[k]), y = Vector512.Create(hAt[k]), z = Vector512.Create(cAt[k]);
            Vector512<double> c0 = Vector512.Load(factor), c1 = Vector512.Load(factor + 8), c2 = Vector512.Load(factor + 16), c3 = Vector512.Load(factor + 24);
            p0 = Vector512.MultiplyAddEstimate(x, c0, p0);
            p1 = Vector512.MultiplyAddEstimate(x, c1, p1);
            p2 = Vector512.MultiplyAddEstimate(x, c2, p2);
            p3 = Vector512.MultiplyAddEstimate(x, c3, p3);
            g0 = Vector512.MultiplyAddEstimate(z, Vector512.Load(factor + 32), Vector512.MultiplyAddEstimate(y, c0, g0));
            g1 = Vector512.MultiplyAddEstimate(z, Vector512.Load(factor + 40), Vector512.MultiplyAddEstimate(y, c1, g1));
            g2 = Vector512.MultiplyAddEstimate(z, Vector512.Load(factor + 48), Vector512.MultiplyAddEstimate(y, c2, g2));
            g3 = Vector512.MultiplyAddEstimate(z, Vector512.Load(factor + 56), Vector512.MultiplyAddEstimate(y, c3, g3));
        }
        p0.Store(rowP);
        p1.Store(rowP + 8);
        p2.Store(rowP + 16);
        p3.Store(rowP + 24);
        g0.Store(rowG);
        g1.Store(rowG + 8);
        g2.Store(rowG + 16);
        g3.Store(rowG + 24);
    }

    /// <summary>
    /// Writes the next factors c = rowP / pivot and h = rowG − weight · c / 2 in the same strips, and lowers both diagonals by what they take away;
    /// <see cref="Appended"/> follows when all strips are there.
    /// </summary>
    public void Append(double* rowP, double* rowG, double pivot, double weight, double* diagonalP, double* diagonalG, int first, int end)
    {
        Vector512<double> inverse = Vector512.Create(pivot), half = Vector512.Create(-0.5 * weight);
        for (var start = first; start < end; start += Strip)
        {
            var target = At(Count, start);
            for (var i = 0; i < Strip; i += 8)
            {
                var row = Vector512.Load(rowP + start + i);
                var c = row / inverse;
                var h = Vector512.MultiplyAddEstimate(half, c, Vector512.Load(rowG + start + i));
                c.Store(target + i);
                h.Store(target + Strip + i);
                (Vector512.Load(diagonalP + start + i) - row * c).Store(diagonalP + start + i);
                (Vector512.Load(diagonalG + start + i) - (h + h) * c).Store(diagonalG + start + i);
            }
        }
    }

    /// <summary>The factors of this removal are whole.</summary>
    public void Appended() => Count++;

    /// <summary>Puts the factors of slot <paramref name="last"/> in the place of <paramref name="hole"/>.</summary>
    public void Move(int last, int hole)
    {
        for (var k = 0; k < Count; k++)
        {
            double* from = At(k, last), to = At(k, hole);
            (to[0], to[Strip]) = (from[0], from[Strip]);
        }
    }

    /// <summary>Writes the factors of the living slots as rows: h, then c, then h again, so that (h; c)ᵀ(c; h) is one product of twice the depth.</summary>
    public void CopyRows(double* rows, nint stride, int living, int threads)
    {
        const int band = 8;
        var strips = Padded(living) / Strip;
        Workers.For((strips + band - 1) / band, threads, index =>
        {
            for (var start = index * band * Strip; start < Math.Min(living, (index + 1) * band * Strip); start += Strip)
            {
                var width = Math.Min(Strip, living - start);
                for (var k = 0; k < Count; k++)
                {
                    var c = At(k, start);
                    new ReadOnlySpan<double>(c, width).CopyTo(new(rows + (Count + k) * stride + start, width));
                    new ReadOnlySpan<double>(c + Strip, width).CopyTo(new(rows + k * stride + start, width));
                    new ReadOnlySpan<double>(c + Strip, width).CopyTo(new(rows + (2 * Count + k) * stride + start, width));
                }
            }
        });
    }

    /// <summary>Forgets all factors.</summary>
    public void Clear() => Count = 0;

    public void Dispose() => memory.Dispose();
}
