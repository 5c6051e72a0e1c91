using ForgePrune.Kernels;

namespace ForgePrune.Kernels.Tests;

public sealed class SpinWorkerPoolTests
{
    [Test]
    public void Every_round_does_each_piece_once([Values(1, 2, 3, 8, 50)] int threads)
    {
        const int rounds = 2000;
        var (done, round, late) = (new int[64], 0, 0);
        using var pool = new SpinWorkerPool(threads, piece =>
        {
            // Only one thread has this piece in this round; one that came late would count it to the wrong round.
            if (done[piece]++ != Volatile.Read(ref round))
                Interlocked.Increment(ref late);
        });
        Assert.That(pool.Pieces, threads == 1 ? Is.EqualTo(1) : Is.EqualTo(4 * Math.Min(threads, 8)));
        for (; round < rounds; round++)
            pool.Run();
        Assert.That(late, Is.Zero);
        Assert.That(done.Take(pool.Pieces), Is.All.EqualTo(rounds));
        Assert.That(done.Skip(pool.Pieces), Is.All.Zero);
    }

    [Test]
    public void Sleeping_members_are_woken_or_their_work_is_done_by_the_caller()
    {
        var sum = 0;
        using var pool = new SpinWorkerPool(3, piece => Interlocked.Add(ref sum, piece));
        for (var round = 1; round <= 20; round++)
        {
            pool.Run();
            Assert.That(sum, Is.EqualTo(round * (11 * 12 / 2)));
            Thread.Sleep(round % 3 * 5);
        }
    }

    [Test]
    public void Others_take_part()
    {
        // The caller's piece waits for another one, so this ends only when a second thread works too.
        var (others, caller) = (0, Environment.CurrentManagedThreadId);
        using var met = new ManualResetEventSlim();
        using var pool = new SpinWorkerPool(2, _ =>
        {
            if (Environment.CurrentManagedThreadId == caller)
                met.Wait(TimeSpan.FromSeconds(20));
            else if (Interlocked.Increment(ref others) == 1)
                met.Set();
        });
        pool.Run();
        Assert.That(others, Is.GreaterThan(0));
    }
}
