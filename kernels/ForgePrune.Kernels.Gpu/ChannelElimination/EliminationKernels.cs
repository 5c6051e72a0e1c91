using ILGPU;

namespace ForgePrune.Kernels.Gpu;

/// <summary>
/// The steps of the greedy removal of channels, of which the host only queues a fixed sequence: which channel goes is decided and kept on the device.
/// P and G keep their places and both halves; a removed channel's row of P takes the row of the factor that it leaves behind.
/// </summary>
internal static class EliminationKernels
{
    /// <summary>Lanes that choose at most: a power of two.</summary>
    public const int LargestGroup = 256;

    /// <summary>One lane for each channel: diagonals of P and G.</summary>
    public static void Diagonals(Index1D i, ArrayView<double> p, ArrayView<double> g, int n, ArrayView<double> diagonalP, ArrayView<double> diagonalG)
    {
        diagonalP[i] = p[(long)(int)i * n + i];
        diagonalG[i] = g[(long)(int)i * n + i];
    }

    /// <summary>
    /// One group. Finds the living channel of least G_jj / P_jj, of equal ones the lowest, and writes it to order[step], its score, and its pivot and
    /// weight to chosen[2·pending..]. Lanes look at channels of their own in rising order and then meet in pairs, so the choice does not depend on chance.
    /// A pivot that is not positive, or a score that is not finite, is told in status[0] as the channel plus one, the first one only.
    /// </summary>
    public static void Choose(ArrayView<double> diagonalP, ArrayView<double> diagonalG, ArrayView<byte> removed, int n, int step, int pending,
        ArrayView<int> order, ArrayView<double> scores, ArrayView<double> chosen, ArrayView<int> status)
    {
        var bestScore = SharedMemory.Allocate<double>(LargestGroup);
        var bestChannel = SharedMemory.Allocate<int>(LargestGroup);
        var least = double.PositiveInfinity;
        var channel = int.MaxValue;
        for (var i = Group.IdxX; i < n; i += Group.DimX)
        {
            if (removed[i] != 0)
                continue;
            // What is not a number comes first, so that it is found at once and not passed over.
            var score = diagonalP[i] > 0 ? diagonalG[i] / diagonalP[i] : double.NegativeInfinity;
            score = double.IsNaN(score) ? double.NegativeInfinity : score;
            if (score < least || channel == int.MaxValue)
                (least, channel) = (score, i);
        }
        bestScore[Group.IdxX] = least;
        bestChannel[Group.IdxX] = channel;
        Group.Barrier();
        for (var half = Group.DimX / 2; half > 0; half /= 2)
        {
            if (Group.IdxX < half)
            {
                var other = Group.IdxX + half;
                if (bestScore[other] < bestScore[Group.IdxX] || (bestScore[other] == bestScore[Group.IdxX] && bestChannel[other] < bestChannel[Group.IdxX]))
                {
                    bestScore[Group.IdxX] = bestScore[other];
                    bestChannel[Group.IdxX] = bestChannel[other];
                }
            }
            Group.Barrier();
        }
        if (Group.IdxX != 0)
            return;
        var winner = bestChannel[0];
        order[step] = winner;
        scores[step] = bestScore[0];
        chosen[2 * pending] = diagonalP[winner];
        chosen[2 * pending + 1] = diagonalG[winner];
        var sound = diagonalP[winner] > 0 && !double.IsInfinity(bestScore[0]);
        if (!sound && status[0] == 0)
            status[0] = winner + 1;
    }

    /// <summary>
    /// One lane for each channel i. Forms the exact rows of P and G at the chosen channel from the stored ones less the pending factors, appends the
    /// factors c = P_j / p_jj and h = G_j − g_jj c / 2, lowers the diagonals, and leaves P_j / √p_jj in the row of P.
    /// </summary>
    /// <param name="factors">Rows h, c, h, each <paramref name="block"/> long, then the rows c · p: (h; c)ᵀ(c; h) and (c · p)ᵀ c are what G and P lose.</param>
    public static void Remove(Index1D i, ArrayView<double> p, ArrayView<double> g, int n, int step, int pending, int block, ArrayView<int> order,
        ArrayView<double> chosen, ArrayView<double> factors, ArrayView<double> diagonalP, ArrayView<double> diagonalG, ArrayView<byte> removed)
    {
        var j = order[step];
        long firstC = (long)block * n, secondH = 2 * firstC, firstP = 3 * firstC, here = (long)pending * n + i;
        if (removed[i] != 0 || i == j)
        {
            factors[here] = 0;
            factors[firstC + here] = 0;
            factors[secondH + here] = 0;
            factors[firstP + here] = 0;
            if (i == j)
            {
                p[(long)j * n + j] = Math.Sqrt(chosen[2 * pending]);
                removed[j] = 1;
                // The row of P is the factor's now: nothing pending may be taken from it any more.
                for (var k = 0; k < pending; k++)
                    factors[firstP + (long)k * n + j] = 0;
            }
            else
            {
                p[(long)j * n + i] = 0;
            }
            return;
        }
        double rowP = p[(long)j * n + i], rowG = g[(long)j * n + i];
        for (var k = 0; k < pending; k++)
        {
            var line = (long)k * n;
            double c = factors[firstC + line + i], h = factors[line + i], cAt = factors[firstC + line + j], hAt = factors[line + j];
            rowP -= chosen[2 * k] * cAt * c;
            rowG -= hAt * c + cAt * h;
        }
        double pivot = chosen[2 * pending], weight = chosen[2 * pending + 1];
        var newC = rowP / pivot;
        var newH = rowG - 0.5 * weight * newC;
        factors[here] = newH;
        factors[firstC + here] = newC;
        factors[secondH + here] = newH;
        factors[firstP + here] = rowP;
        diagonalP[i] -= rowP * newC;
        diagonalG[i] -= 2 * newH * newC;
        p[(long)j * n + i] = rowP / Math.Sqrt(pivot);
    }

    /// <summary>One lane for each element (r, i) of L⁻¹ with the survivors first: row r is what the removal n − 1 − r left, zero above the diagonal and for
    /// dead channels.</summary>
    public static void Arrange(Index1D element, ArrayView<double> p, ArrayView<int> order, int n, int dead, ArrayView<double> inverseFactor)
    {
        int row = element / n, col = element % n;
        inverseFactor[(long)row * n + col] = col <= row && row < n - dead ? p[(long)order[n - 1 - row] * n + order[n - 1 - col]] : 0;
    }
}
