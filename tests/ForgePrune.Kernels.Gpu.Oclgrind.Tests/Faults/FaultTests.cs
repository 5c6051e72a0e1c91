using System.Text.RegularExpressions;
using ForgePrune.Kernels.Gpu.Oclgrind.Tests.Toys;
using ForgePrune.Kernels.Gpu.Tests;
using ILGPU;
using ILGPU.Runtime;

namespace ForgePrune.Kernels.Gpu.Oclgrind.Tests.Faults;

/// <summary>Every fault that Oclgrind looks for is planted in a kernel and found, with its kind, its kernel, its line of OpenCL and, where it tells one, its
/// lane.</summary>
[Category("EndToEnd")]
public sealed class FaultTests
{
    private const int Lanes = 8;
    private const string Stray = "Invalid (read|write) of size 4 at (global|local) memory", Race = "(Read|Write)-write data race at (global|local) memory",
        Divergence = "Work-group divergence detected \\(barrier\\)";

    // What a line of a store, a load and a barrier looks like.
    private const string Store = @"\* +var\d+ = ", Load = @" = +\* +var\d+", Barrier = "work_group_barrier";

    private static readonly (Action<ArrayView<int>> Kernel, string Fault, string Line, int? Lane)[] Planted =
    [
        (FaultyKernels.IndexTooLarge, Stray, Store, 3),
        (FaultyKernels.IndexNegative, Stray, Store, 0),
        (FaultyKernels.SharedTooLarge, Stray, Store, 4),
        (FaultyKernels.InWhatItCalls, Stray, Store, 7),
        (FaultyKernels.ReadTooFar, Stray, Load, 5),
        (FaultyKernels.BarrierLeftOut, Race, Load, 1),
        (FaultyKernels.BarrierLeftOutBeforeWrite, Race, Store, 1),
        (FaultyKernels.ReadThenWrittenByTheFirst, Race, Load, 2),
        (FaultyKernels.AllWriteTheSame, Race, Store, 1),
        (FaultyKernels.GroupsMeet, Race, Store, 0),
        (FaultyKernels.BarrierOfSomeLanes, Divergence, Barrier, null),
        (FaultyKernels.LeavesBeforeBarrier, Divergence, Barrier, null),
        (FaultyKernels.TwoBarriers, Divergence, Barrier, null),
    ];

    private static IEnumerable<string> Names => Planted.Select(planted => planted.Kernel.Method.Name);

    [TestCaseSource(nameof(Names))]
    public void A_planted_fault_is_found(string name)
    {
        var (kernel, fault, line, lane) = Planted.Single(planted => planted.Kernel.Method.Name == name);
        using var watched = OclgrindRuntime.Open();
        // Groups that all work on the same elements race, which only one toy is there to show.
        var findings = Run(watched, kernel, name == nameof(FaultyKernels.GroupsMeet) ? 2 : 1);
        TestContext.Out.WriteLine(string.Join(Environment.NewLine, findings));
        Assert.That(findings.Select(finding => finding.Kernel), Is.All.EqualTo(name));
        Assert.That(findings.Any(finding =>
            Regex.IsMatch(finding.What, fault) && finding.Lines.Any(text => Regex.IsMatch(text, line))
                && (lane is null || finding.Lanes.Contains(lane.Value))));
    }

    // What Oclgrind does not see, the suite sees by its results: matrices begin as NaN there, and PTX is checked for its sizes.
    [TestCase(nameof(FaultyKernels.SharedUnwritten))]
    [TestCase(nameof(FaultyKernels.OutsideItsPart))]
    [TestCase(nameof(FaultyKernels.PartTooLong))]
    public void One_of_another_kind_is_not(string name)
    {
        using var watched = OclgrindRuntime.Open();
        Assert.That(Run(watched, typeof(FaultyKernels).GetMethod(name)!.CreateDelegate<Action<ArrayView<int>>>(), groups: 1), Is.Empty);
    }

    [Test]
    public void A_read_of_what_nobody_wrote_gives_nan()
    {
        using var watched = OclgrindRuntime.Open();
        using DeviceMatrix<double> fresh = new(watched.Device, 1, Lanes), sums = new(watched.Device, 1, Lanes);
        sums.Upload([.. Enumerable.Range(0, Lanes).Select(i => (double)i)], Lanes);
        watched.Device.Accelerator.LoadAutoGroupedStreamKernel<Index1D, ArrayView<double>,
            ArrayView<double>>(FaultyKernels.GlobalUnwritten)(Lanes, sums.View, fresh.View);
        var result = new double[Lanes];
        sums.Download(result, Lanes);
        Assert.That(result, Is.EqualTo(new[] { 0, 1, double.NaN, 3, 4, 5, 6, 7 }));
    }

    [Test]
    public void What_is_found_in_a_test_of_the_suite_fails_it()
    {
        var device = Devices.Open("opencl");
        using var data = device.Accelerator.Allocate1D<int>(Lanes);
        device.Accelerator.LoadStreamKernel<ArrayView<int>>(FaultyKernels.IndexTooLarge)(new KernelConfig(1, Lanes), data.View);
        Assert.That(SoundAttribute.Complaint, Does.Contain("Invalid write").And.Contains("Kernel_IndexTooLarge"));
        Assert.That(SoundAttribute.Complaint, Is.Null, "told once");
    }

    private static IReadOnlyList<Finding> Run(WatchedDevice watched, Action<ArrayView<int>> kernel, int groups)
    {
        using var data = watched.Device.Accelerator.Allocate1D(Enumerable.Range(0, Lanes).ToArray());
        watched.Device.Accelerator.LoadStreamKernel(kernel)(new KernelConfig(groups, Lanes), data.View);
        return watched.Findings();
    }
}
