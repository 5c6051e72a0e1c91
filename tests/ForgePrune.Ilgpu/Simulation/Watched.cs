using System.Runtime.CompilerServices;

namespace ForgePrune.Ilgpu;

/// <summary>What stands in a rewritten kernel in the place of instructions that read or write through a reference.</summary>
/// <remarks>A reference to a lane's own locals lies in no memory of the device and passes unwatched.</remarks>
internal static unsafe class Watched
{
    public static void Here(int site) => Lane.Here.Site = site;

    public static T Load<T>(ref T at, int site) where T : struct
    {
        var (lane, memory, address) = Look(ref at, site);
        memory?.OnRead(lane, address, Unsafe.SizeOf<T>());
        return at;
    }

    public static void Store<T>(ref T at, T value, int site) where T : struct
    {
        BeforeStore(ref at, site);
        at = value;
    }

    public static void Clear<T>(ref T at, int site) where T : struct => Store(ref at, default, site);

    public static void BeforeStore<T>(ref T at, int site) where T : struct
    {
        var (lane, memory, address) = Look(ref at, site);
        memory?.OnWrite(lane, address, Unsafe.SizeOf<T>());
    }

    private static (Lane Lane, DeviceMemory? Memory, nint Address) Look<T>(ref T at, int site) where T : struct
    {
        var lane = Lane.Here;
        lane.Site = site;
        var address = (nint)Unsafe.AsPointer(ref at);
        return (lane, lane.Run.Find(address), address);
    }
}
