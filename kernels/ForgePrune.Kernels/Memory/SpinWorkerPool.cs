using System.Numerics;

namespace ForgePrune.Kernels;

/// <summary>
/// Threads that stand ready for the same short work again and again, where waking one each time (<see cref="Workers"/>) would take as long as the work:
/// a member watches for the next round, and falls asleep when none comes for a while. The caller is a member and does what the others leave, so that a
/// round never waits for one that has not begun. Whoever waits for longer than rounds take sleeps: where others use the machine too, the one waited for may
/// have been sent off its processor, and watching would take the turn of whoever is to have that next.
/// </summary>
internal sealed class SpinWorkerPool : IDisposable
{
    // Rounds that follow one another at once are some microseconds apart; longer pauses belong to other work, which needs the processors. About 40 µs.
    private const int Watched = 1000;

    // Added to the unfinished pieces by a caller that sleeps until none is left.
    private const int Awaited = 1 << 16;

    private const int MostMembers = 8, PiecesOfMember = 4;

    private readonly Action<int> body;
    private readonly object round = new(), end = new();
    private readonly int members;
    private int open, unfinished, asleep;
    private volatile bool over;

    /// <param name="body">Does one piece. It must not throw, and no piece may depend on another of the same round.</param>
    /// <param name="threads">Members, the caller among them; at most 8 are used.</param>
    public SpinWorkerPool(int threads, Action<int> body)
    {
        (members, this.body) = (Math.Min(threads, MostMembers), body);
        Pieces = members == 1 ? 1 : members * PiecesOfMember;
        for (var member = 1; member < members; member++)
        {
            var number = member;
            new Thread(() => Serve(number)) { IsBackground = true, Name = $"worker {number}" }.Start();
        }
    }

    /// <summary>Pieces of every round.</summary>
    public int Pieces { get; }

    /// <summary>One round: every piece is done once when this returns.</summary>
    public void Run()
    {
        if (members == 1)
        {
            body(0);
            return;
        }
        unfinished = Pieces;
        // A full fence: a member that goes to sleep after this sees the pieces, one before it is counted.
        Interlocked.Exchange(ref open, (int)((1L << Pieces) - 1));
        if (Volatile.Read(ref asleep) > 0)
            Wake();
        Work(0);
        for (var watched = 0; Volatile.Read(ref unfinished) > 0; watched++)
        {
            if (watched == Watched)
            {
                SleepToTheEnd();
                return;
            }
            Thread.SpinWait(1);
        }
    }

    private void SleepToTheEnd()
    {
        if (Interlocked.Add(ref unfinished, Awaited) == Awaited)
            return;
        lock (end)
            while (Volatile.Read(ref unfinished) != Awaited)
                Monitor.Wait(end);
    }

    private void Wake()
    {
        lock (round)
            Monitor.PulseAll(round);
    }

    private void Serve(int member)
    {
        while (!over)
        {
            Work(member);
            for (var watched = 0; watched < Watched && Volatile.Read(ref open) == 0; watched++)
                Thread.SpinWait(1);
            if (Volatile.Read(ref open) != 0)
                continue;
            lock (round)
            {
                Interlocked.Increment(ref asleep);
                while (Volatile.Read(ref open) == 0 && !over)
                    Monitor.Wait(round);
                Interlocked.Decrement(ref asleep);
            }
        }
    }

    /// <summary>A member's own pieces come first, for their data lie in its cache; then those that others have not begun, the last ones first.</summary>
    private void Work(int member)
    {
        var own = ((1 << PiecesOfMember) - 1) << member * PiecesOfMember;
        for (int open; (open = Volatile.Read(ref this.open)) != 0;)
        {
            var piece = (open & own) != 0 ? BitOperations.TrailingZeroCount(open & own) : BitOperations.Log2((uint)open);
            if (Interlocked.CompareExchange(ref this.open, open & ~(1 << piece), open) != open)
                continue;
            Workers.Watch?.Begin(members);
            body(piece);
            Workers.Watch?.End();
            if (Interlocked.Decrement(ref unfinished) == Awaited)
                lock (end)
                    Monitor.Pulse(end);
        }
    }

    /// <summary>Lets the members go; call it between rounds.</summary>
    public void Dispose()
    {
        over = true;
        Wake();
    }
}
