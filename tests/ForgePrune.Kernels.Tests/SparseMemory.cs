using System.Runtime.InteropServices;

namespace ForgePrune.Kernels.Tests;

/// <summary>Zeros at addresses of which only those that are touched become memory: a matrix of more than 2³¹ elements whose rows lie far apart takes a
/// page or two for each row.</summary>
internal sealed unsafe partial class SparseMemory : IDisposable
{
    // mmap(2): PROT_READ | PROT_WRITE, and MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE.
    private const int ReadWrite = 3, PrivateUnreserved = 0x4022;

    private readonly nuint bytes;

    /// <param name="length">In doubles.</param>
    public SparseMemory(long length)
    {
        (Length, bytes) = (length, (nuint)length * sizeof(double));
        Start = (double*)Map(0, bytes, ReadWrite, PrivateUnreserved, -1, 0);
        if ((nint)Start == -1)
            Assert.Ignore($"this system does not hand out {bytes >> 30} GiB of addresses");
    }

    public long Length { get; }

    public double* Start { get; }

    public LongSpan<double> Span => new(Start, Length);

    /// <summary>Puts the rows of a matrix (n × n, contiguous) a stride apart.</summary>
    public void Write(double[] matrix, int n, int stride)
    {
        for (var row = 0; row < n; row++)
            matrix.AsSpan(row * n, n).CopyTo(Span.Span((long)row * stride, n));
    }

    /// <summary>The contiguous matrix of what lies there.</summary>
    public double[] Read(int n, int stride)
    {
        var matrix = new double[n * n];
        for (var row = 0; row < n; row++)
            Span.Span((long)row * stride, n).CopyTo(matrix.AsSpan(row * n));
        return matrix;
    }

    public void Dispose() => _ = Unmap((nint)Start, bytes);

    [LibraryImport("libc", EntryPoint = "mmap")]
    private static partial nint Map(nint address, nuint length, int protection, int flags, int file, nint offset);

    [LibraryImport("libc", EntryPoint = "munmap")]
    private static partial int Unmap(nint address, nuint length);
}
