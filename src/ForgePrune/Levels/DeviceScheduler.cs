using System.Runtime.ExceptionServices;
using ForgePrune.Kernels;

namespace ForgePrune.Levels;

/// <summary>Distributes independent work over the available devices.</summary>
internal static class DeviceScheduler
{
    /// <summary>Calls <paramref name="work"/> once for each index. A single device is used from the calling thread, in order; several have a thread
    /// each and take the next index that is left, so that a slower one does less. The results must not depend on the order.</summary>
    /// <exception cref="Exception">The fault of the lowest index. Work that has not begun by then is not started.</exception>
    public static void Over(IPruningDevice device, int count, Action<int, IPruningDevice> work)
    {
        if (device.Members is not { Count: > 1 } members)
        {
            for (var index = 0; index < count; index++)
                work(index, device.Members[0]);
            return;
        }

        var (next, faults) = (-1, new SortedDictionary<int, ExceptionDispatchInfo>());
        var threads = members.Select(member => new Thread(() => Take(member)) { IsBackground = true, Name = "device" }).ToArray();
        foreach (var thread in threads)
            thread.Start();
        foreach (var thread in threads)
            thread.Join();
        if (faults.Count > 0)
            faults.First().Value.Throw();

        void Take(IPruningDevice member)
        {
            for (int index; (index = Interlocked.Increment(ref next)) < count;)
                try
                {
                    work(index, member);
                }
                catch (Exception fault)
                {
                    lock (faults)
                        faults.Add(index, ExceptionDispatchInfo.Capture(fault));
                    Interlocked.Exchange(ref next, count);
                    return;
                }
        }
    }
}
