using ForgePrune.Kernels;

namespace ForgePrune.Kernels.Tests;

public sealed class GatherTests
{
    private const int Height = 6, Width = 8, Stride = 11;
    private static readonly float[] Source = [.. Enumerable.Range(0, Height * Stride).Select(i => (float)i)];

    private static float At(int row, int col) => Source[row * Stride + col];

    [Test]
    public void Rows_and_columns_come_in_the_order_asked_for()
    {
        int[] indices = [4, 0, 5];
        var (rows, cols) = (new float[3 * Width], new float[Height * 4]);
        Gather.Rows(Source, Height, Width, Stride, indices, rows, Width);
        Gather.Columns(Source, Height, Width, Stride, indices, cols, 4);
        for (var i = 0; i < 3; i++)
        {
            Assert.That(rows[(i * Width)..((i + 1) * Width)], Is.EqualTo(Enumerable.Range(0, Width).Select(c => At(indices[i], c))));
            for (var r = 0; r < Height; r++)
                Assert.That(cols[r * 4 + i], Is.EqualTo(At(r, indices[i])));
        }
    }

    [Test]
    public void Blocks_are_neighbouring_rows_and_columns()
    {
        var (rows, cols) = (new float[4 * Width], new float[Height * 4]);
        Gather.RowBlocks(Source, Height, Width, Stride, 2, [2, 0], rows, Width);
        Gather.ColumnBlocks(Source, Height, Width, Stride, 2, [3, 1], cols, 4);
        Assert.That(rows[Width], Is.EqualTo(At(5, 0)));
        Assert.That(rows[2 * Width + 3], Is.EqualTo(At(0, 3)));
        Assert.That(cols[4..8], Is.EqualTo(new[] { At(1, 6), At(1, 7), At(1, 2), At(1, 3) }));
    }

    [Test]
    public void Nothing_may_be_asked_for() => Assert.That(() => Gather.Rows(Source, Height, Width, Stride, [], [], Width), Throws.Nothing);

    [TestCase(-1)]
    [TestCase(6)]
    public void An_index_out_of_range_is_refused(int index) =>
        Assert.That(() => Gather.Rows(Source, Height, Width, Stride, [index], new float[Width], Width), Throws.ArgumentException);
}
