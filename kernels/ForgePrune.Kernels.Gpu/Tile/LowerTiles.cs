namespace ForgePrune.Kernels.Gpu;

/// <summary>Tiles on and below the diagonal of a square of tiles, numbered row by row: rows hold 1, 2, 3 … of them.</summary>
internal static class LowerTiles
{
    /// <summary>How many there are for <paramref name="cols"/> columns in tiles of <paramref name="size"/>.</summary>
    public static int Count(int cols, int size)
    {
        var tiles = (cols + size - 1) / size;
        return tiles * (tiles + 1) / 2;
    }

    /// <summary>The row of tiles in which number <paramref name="index"/> lies.</summary>
    public static int RowOf(int index)
    {
        var row = (int)((MathF.Sqrt(8f * index + 1) - 1) * 0.5f);
        // The root may be rounded to either side.
        if (row * (row + 1) / 2 > index)
            row--;
        if ((row + 1) * (row + 2) / 2 <= index)
            row++;
        return row;
    }
}
