namespace ForgePrune.Kernels.Gpu.Tests;

/// <summary>What a device of little memory takes, and that no step takes more than it says before it begins.</summary>
[TestFixtureSource(typeof(Devices), nameof(Devices.Names))]
[NonParallelizable]
public sealed class MemoryTests(string name)
{
    [Test]
    [Category("Slow")]
    public void Sums_that_do_not_fit_go_by_panels_within_the_limit()
    {
        const int cols = 40, rows = 6, tokens = 9, limit = 1 << 16;
        var device = Devices.Open(name);
        using GpuPruning large = new(device, threads: 1), small = new(device, threads: 1, memoryBytes: limit);
        var random = Kernels.Tests.Made.Random(1900);
        float[] x = Kernels.Tests.Made.Floats(random, tokens * cols), y = Kernels.Tests.Made.Floats(random, tokens * rows);
        Assert.That(GpuGramSum.Bytes(cols), Is.GreaterThan(limit));
        var before = device.Taken;
        device.Watch();
        var (gram, moments) = (Gram(small), Moments(small));
        Assert.That(device.MostTaken - before, Is.Positive.And.LessThanOrEqualTo(limit));
        Assert.That(device.Taken, Is.EqualTo(before));
        Assert.That(gram, Is.EqualTo(Gram(large)));
        Assert.That(moments.Gram, Is.EqualTo(gram));
        Assert.That(moments.Cross, Is.EqualTo(Moments(large).Cross));

        LongArray<double> Gram(IPruningDevice on)
        {
            using var sum = on.Gram(cols);
            sum.Add(x, tokens, cols);
            return sum.Finish();
        }

        (LongArray<double> Gram, double[] Cross) Moments(IPruningDevice on)
        {
            using var sum = on.Moments(rows, cols);
            sum.Add(y, rows, x, cols, tokens);
            return sum.Finish();
        }
    }

    [TestCase(1, 1)]
    [TestCase(12, 3)]
    // More outputs than inputs, where the weights decide.
    [TestCase(9, 70)]
    [Category("Slow")]
    public void No_step_takes_more_than_it_says(int n, int rows)
    {
        var device = Devices.Open(name);
        var random = Kernels.Tests.Made.Random(2000 + n);
        var (h, w) = (Kernels.Tests.Made.Spd(random, n, n), Kernels.Tests.Made.Doubles(random, rows * n));
        int[] order = [.. Enumerable.Range(0, n).Reverse()];
        Within(StepBytes.Order(n, rows), gpu => gpu.Order(h, n, w, rows, []));
        Within(StepBytes.Factor(n, rows), gpu => gpu.Factor(h, n, w, rows, order));
        Within(StepBytes.Factor(n, rows), gpu => gpu.FactorOfWeights(h, n, w, rows, order));
        Within(StepBytes.Groups(n, rows), gpu =>
        {
            using var sweeps = gpu.Groups(h, n, w, rows, [], 1);
            // All columns as one group take the most.
            sweeps.Start().Remove(order);
        });
        Within(GpuGramSum.Bytes(n), gpu => gpu.Gram(n).Dispose());
        Within(GpuMomentSum.Bytes(rows, n), gpu => gpu.Moments(rows, n).Dispose());

        void Within(long bytes, Action<GpuPruning> step)
        {
            var before = device.Taken;
            device.Watch();
            // It suffices, too.
            using (var gpu = new GpuPruning(device, threads: 1, memoryBytes: bytes))
                step(gpu);
            Assert.That(device.MostTaken - before, Is.Positive.And.LessThanOrEqualTo(bytes));
            Assert.That(device.Taken, Is.EqualTo(before));
        }
    }

    [Test]
    public void A_workspace_gives_way_to_sums_that_need_its_room()
    {
        const int n = 30;
        var device = Devices.Open(name);
        var bytes = Math.Max(StepBytes.Factor(n, 1), GpuGramSum.Bytes(n));
        using var gpu = new GpuPruning(device, threads: 1, memoryBytes: bytes);
        var h = Kernels.Tests.Made.Spd(Kernels.Tests.Made.Random(2100), n, n);
        gpu.Factor(h, n, new double[n], 1, [0]);
        using var sum = gpu.Gram(n);
        Assert.That(sum, Is.TypeOf<GpuGramSum>());
    }

    // An 8-billion-parameter model on 80 GiB; nothing is taken to plan.
    [Test]
    public void A_plan_names_what_takes_the_most()
    {
        PlannedLayer[] layers = [new("layer 0 o_proj", 4096, 4096, true), new("layer 0 down_proj", 4096, 14336, false)];
        var before = Devices.Open(name).Taken;
        // 8·(14336·(2·14336 + 4096) + 200·14336 + 128) bytes.
        Assert.That(Plan(80L << 30, layers, levels: true),
            Does.StartWith("the levels of layer 0 down_proj (4096 x 14336) take up to 3605 MiB of the 81920 MiB that '").And.EndsWith("' has for them"));
        Assert.That(Plan(80L << 30, layers, levels: false), Does.StartWith("the sums of layer 0 down_proj (4096 x 14336) take up to 1596 MiB"));
        Assert.That(Plan(80L << 30, [], levels: true), Is.Null);
        Assert.That(Devices.Open(name).Taken, Is.EqualTo(before));
    }

    [Test]
    public void A_plan_says_what_goes_by_panels()
    {
        PlannedLayer wide = new("layer 1 down_proj", 8192, 53248, false);
        Assert.That(Plan(8L << 30, [wide], levels: false),
            Does.StartWith("the panels of layer 1 down_proj (8192 x 53248) take up to ")
                .And.EndsWith("; the sums of layer 1 down_proj (8192 x 53248) do not fit and go by panels of columns"));
        Assert.That(Plan(8L << 30, [wide, wide], levels: false), Does.Contain("; the sums of 2 layers, such as layer 1 down_proj (8192 x 53248), do not fit"));
    }

    [Test]
    public void A_plan_refuses_what_no_step_could_do()
    {
        // A machine without the device says so here, and not inside of a check for another exception.
        Devices.Open(name);
        PlannedLayer layer = new("layer 2 down_proj", 4096, 14336, false);
        Assert.That(() => Plan(3L << 30, [layer], levels: true), Throws.TypeOf<DeviceMemoryException>().With.Message
            .StartsWith("The work on layer 2 down_proj (4096 x 14336) takes 3605 MiB on '").And.Message.Contains("which has 3072 MiB"));
        Assert.That(() => Plan(1000, [layer], levels: false), Throws.TypeOf<DeviceMemoryException>());
        Assert.That(() => Plan(800L << 30, [layer with { Cols = 53248 }], levels: true), Throws.TypeOf<DeviceMemoryException>().With.Message
            .Contains("46340 columns at most"));
    }

    [Test]
    public void Sums_and_refits_leave_room_for_what_shares_the_memory()
    {
        const int n = 30, lent = 1 << 20;
        var device = Devices.Open(name);
        LentMemory here = LentMemory.Cuda(7), elsewhere = LentMemory.Cuda(8);
        var before = device.Shared;
        var h = Kernels.Tests.Made.Spd(Kernels.Tests.Made.Random(2200), n, n);
        try
        {
            device.Shared = here;
            using var gpu = new GpuPruning(device, threads: 1, memoryBytes: lent + GpuGramSum.Bytes(n));
            IPruningDevice pool = new DevicePool([gpu]);
            pool.LeaveRoom(elsewhere, lent + 1);
            pool.LeaveRoom(here, lent);
            using (var sum = gpu.Gram(n))
                Assert.That(sum, Is.TypeOf<GpuGramSum>());
            pool.LeaveRoom(here, lent + 1);
            using (var sum = gpu.Gram(n))
                Assert.That(sum, Is.TypeOf<PanelSum>());
            // Nothing else computes while levels are made.
            pool.LeaveRoom(here, lent + GpuGramSum.Bytes(n));
            gpu.Order(h, n, new double[n], 1, []);
            Assert.That(() => gpu.Factor(h, n, new double[n], 1, [0]), Throws.TypeOf<DeviceMemoryException>().With.Message
                .Contains("which has 0 MiB beside the 1 MiB that forward passes may take; "));
        }
        finally
        {
            device.Shared = before;
        }
    }

    [Test]
    public void A_plan_leaves_room_for_what_shares_the_memory()
    {
        var device = Devices.Open(name);
        var before = device.Shared;
        PlannedLayer layer = new("layer 2 down_proj", 4096, 14336, false);
        try
        {
            device.Shared = LentMemory.Cuda(0);
            using var gpu = new GpuPruning(device, threads: 1, memoryBytes: 8L << 30);
            IPruningDevice planned = gpu;
            planned.LeaveRoom(LentMemory.Cuda(0), 2L << 30);
            Assert.That(planned.Plan([layer], levels: true), Does.StartWith("the levels of layer 2 down_proj (4096 x 14336) take up to 3605 MiB of the 8192 MiB that '")
                .And.EndsWith("' has for them, 2048 MiB of them left to forward passes while there are any"));
            planned.LeaveRoom(LentMemory.Cuda(0), 6L << 30);
            Assert.That(() => planned.Plan([layer], levels: true), Throws.TypeOf<DeviceMemoryException>().With.Message
                .Contains("which has 2048 MiB beside the 6144 MiB that forward passes may take"));
        }
        finally
        {
            device.Shared = before;
        }
    }

    private string? Plan(long bytes, IReadOnlyList<PlannedLayer> layers, bool levels)
    {
        using var gpu = new GpuPruning(Devices.Open(name), threads: 1, memoryBytes: bytes);
        return ((IPruningDevice)new DevicePool([gpu])).Plan(layers, levels);
    }

    [Test]
    public void What_does_not_fit_even_by_panels_is_refused_before_any_work()
    {
        using var small = new GpuPruning(Devices.Open(name), memoryBytes: 4000, threads: 1);
        Assert.That(() => small.Gram(40), Throws.TypeOf<DeviceMemoryException>().With.Message.Contains("Gram of 40 columns"));
        Assert.That(() => small.Moments(3, 40), Throws.TypeOf<DeviceMemoryException>().With.Message.Contains("3 x 40"));
    }
}
