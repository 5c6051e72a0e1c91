namespace ForgePrune.Kernels;

/// <summary>The innermost loop: a tile of C held in registers while the depth runs by.</summary>
internal unsafe interface IMicroKernel<T> where T : unmanaged
{
    /// <summary>Rows of the tile.</summary>
    static abstract int Rows { get; }

    /// <summary>Columns of the tile.</summary>
    static abstract int Cols { get; }

    /// <summary>tile = Σ_d a[d, :]ᵀ · b[d, :] over packed panels a (depth × Rows) and b (depth × Cols); the tile is row-major and contiguous.</summary>
    static abstract void Multiply(T* a, T* b, int depth, T* tile);
}
