namespace ForgePrune.Kernels;

/// <summary>The innermost loop: a tile of C held in registers while the depth runs by.</summary>
internal unsafe interface IMicroKernel<T> where T : unmanaged
{
    /// <summary>Rows of the tile.</summary>
    static abstract int Rows { get; }

    /// <summary>Columns of the tile.</summary>
    static abstract int Cols { get; }

    /// <summary>target[row.., col..] += Σ_d a[d, :]ᵀ · b[d, :] for a whole tile, over packed panels a (depth × Rows) and b (depth × Cols).</summary>
    static abstract void Multiply<TTarget>(T* a, T* b, int depth, TTarget target, nint row, nint col) where TTarget : struct, ITarget<T>;
}
