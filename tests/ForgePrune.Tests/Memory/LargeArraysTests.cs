using System.Runtime.CompilerServices;
using ForgePrune.Checkpoints;
using ForgePrune.Memory;
using ForgePrune.Model;

namespace ForgePrune.Tests.Memory;

[NonParallelizable]
public sealed class LargeArraysTests
{
    [SetUp]
    public void Allow_collections() => LargeArrays.Collects = true;

    [TearDown]
    public void Forbid_collections() => LargeArrays.Collects = false;

    [Test]
    public void A_host_that_did_not_ask_for_collections_gets_none()
    {
        LargeArrays.Collects = false;
        Allocate();
        var before = GC.CollectionCount(GC.MaxGeneration);
        LargeArrays.Settle();
        LargeArrays.GiveBack();
        Assert.That(GC.CollectionCount(GC.MaxGeneration), Is.EqualTo(before));
    }

    [Test]
    public void What_was_let_go_is_collected_once_enough_was_allocated()
    {
        var dropped = Allocate();
        LargeArrays.Settle();
        Assert.That(dropped.Any(array => array.IsAlive), Is.False);
    }

    [Test]
    public void What_is_held_stays()
    {
        var held = new float[1 << 20];
        held[5] = 7;
        Allocate();
        LargeArrays.Settle();
        LargeArrays.GiveBack();
        Assert.That(held[5], Is.EqualTo(7));
    }

    [Test]
    public void A_shared_matrix_is_read_once_while_someone_holds_it_and_again_after()
    {
        var reads = 0;
        var shared = new SharedMatrix(() =>
        {
            reads++;
            return new Matrix(1, 1);
        });
        var held = shared.Get();
        Assert.That(shared.Get(), Is.SameAs(held));
        GC.KeepAlive(held);
        Assert.That(reads, Is.EqualTo(1));
        var other = new SharedMatrix(() => new Matrix(1, 1, [++reads]));
        Touch(other);
        LargeArrays.GiveBack();
        Touch(other);
        Assert.That(reads, Is.EqualTo(3));
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Touch(SharedMatrix shared) => Assert.That(shared.Get().Rows, Is.EqualTo(1));

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static WeakReference[] Allocate() =>
        [.. Enumerable.Range(0, 3).Select(_ => new WeakReference(GC.AllocateUninitializedArray<byte>((int)(LargeArrays.Allowed / 2))))];
}
