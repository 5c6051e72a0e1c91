using System.Runtime.InteropServices;
using ForgePrune.Kernels;

namespace ForgePrune.Native;

/// <summary>Where exceptions end: a call answers with a status, and its sentence waits on the thread that called.</summary>
internal static class NativeCall
{
    // UTF-8 of the last fault on this thread, owned here until the thread's next one.
    [ThreadStatic]
    private static nint message;

    /// <summary>Runs one call.</summary>
    public static Status Run(Action call)
    {
        try
        {
            call();
            return Status.Ok;
        }
        catch (Exception fault)
        {
            Keep(fault.Message);
            return fault switch
            {
                NotPositiveDefiniteException => Status.NotPositiveDefinite,
                ArithmeticException and not OverflowException => Status.NotFinite,
                ArgumentException or OverflowException => Status.InvalidArgument,
                OutOfMemoryException => Status.OutOfMemory,
                _ => Status.Internal,
            };
        }
    }

    /// <summary>The sentence of this thread's last fault; empty where there was none.</summary>
    public static nint LastMessage()
    {
        if (message == 0)
            Keep("");
        return message;
    }

    private static void Keep(string text)
    {
        Marshal.FreeCoTaskMem(message);
        message = Marshal.StringToCoTaskMemUTF8(text);
    }
}
