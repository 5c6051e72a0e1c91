namespace ForgePrune.Kernels.Gpu.Tests;

[TestFixtureSource(typeof(Devices), nameof(Devices.Names))]
[NonParallelizable]
public sealed class BlockGatherTests(string name)
{
    [TestCase(0, 3, 1)]
    [TestCase(1, 1, 1)]
    [TestCase(3, 19, 1)]
    [TestCase(8, 3, 4)]
    public void Rows_are_those_of_the_processor(int rows, int cols, int width)
    {
        var device = Devices.Open(name);
        using var gather = new GpuBlockGather(device, 5);
        var random = Kernels.Tests.Made.Random(rows * 10 + cols);
        var source = Kernels.Tests.Made.Floats(random, rows * cols);
        foreach (var blocks in Choices(random, rows / width))
        {
            var expected = new float[blocks.Length * width * cols];
            Gather.RowBlocks(source, rows, cols, cols, width, blocks, expected, cols);
            using DeviceMatrix<float> on = new(device, rows, cols), target = new(device, blocks.Length * width, cols);
            on.Upload(source, cols);
            gather.RowBlocks(on, width, blocks, target);
            var actual = new float[expected.Length];
            target.Download(actual, cols);
            Assert.That(actual, Is.EqualTo(expected));
        }
    }

    [TestCase(3, 0, 1)]
    [TestCase(1, 1, 1)]
    [TestCase(2, 21, 1)]
    [TestCase(3, 8, 4)]
    [Category("Slow")]
    public void Columns_are_those_of_the_processor(int rows, int cols, int width)
    {
        var device = Devices.Open(name);
        using var gather = new GpuBlockGather(device, 5);
        var random = Kernels.Tests.Made.Random(rows * 100 + cols);
        var source = Kernels.Tests.Made.Floats(random, rows * cols);
        foreach (var blocks in Choices(random, cols / width))
        {
            var kept = blocks.Length * width;
            var expected = new float[rows * kept];
            Gather.ColumnBlocks(source, rows, cols, cols, width, blocks, expected, kept);
            using DeviceMatrix<float> on = new(device, rows, cols), target = new(device, rows, kept);
            on.Upload(source, cols);
            gather.ColumnBlocks(on, width, blocks, target);
            var actual = new float[expected.Length];
            target.Download(actual, kept);
            Assert.That(actual, Is.EqualTo(expected));
        }
    }

    [Test]
    [Category("Slow")]
    public void An_index_outside_the_matrix_is_refused()
    {
        var device = Devices.Open(name);
        using var gather = new GpuBlockGather(device, 2);
        using DeviceMatrix<float> source = new(device, 4, 4), target = new(device, 2, 4);
        Assert.That(() => gather.RowBlocks(source, 2, [2], target), Throws.ArgumentException.With.Message.Contains("Index 2"));
        Assert.That(() => gather.RowBlocks(source, 1, [0], target), Throws.ArgumentException.With.Message.Contains("1 x 4"));
        using DeviceMatrix<float> larger = new(device, 3, 4);
        Assert.That(() => gather.RowBlocks(source, 1, [0, 1, 2], larger), Throws.ArgumentException.With.Message.Contains("at most 2"));
    }

    // None, and a few with repetition.
    private static int[][] Choices(Random random, int blocks) =>
        blocks == 0 ? [[]] : [[], [.. Enumerable.Range(0, 5).Select(_ => random.Next(blocks))]];
}
