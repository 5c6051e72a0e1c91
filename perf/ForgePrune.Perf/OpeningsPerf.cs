using System.Buffers.Binary;
using System.Diagnostics;
using System.Runtime.InteropServices;
using ForgePrune.Latency;
using ForgePrune.Onnx;
using ForgePrune.Serving;
using ForgePrune.Timing;

namespace ForgePrune.Perf;

/// <summary>What it costs to be loaded first: copies of one exported model, and plain buffers, timed in the order in which they came into memory.</summary>
internal static unsafe class OpeningsPerf
{
    private const int Buffers = 6, Rounds = 30, Line = 64, Page = 4096;

    private const long Bytes = 100L << 20;

    /// <param name="folder">An exported model.</param>
    public static void Run(string folder, int copies)
    {
        var settings = new TimingSettings { Threads = 1 };
        Func<IServedDecoder>[] open = [.. Enumerable.Repeat(() => OnnxServing.Cpu.Open(folder, settings.Threads), copies)];
        double[][] seconds;
        // Before the buffers, which would take the scattered pages.
        using (var models = new OpenedModels(open, backwards: false))
            seconds = TimedRounds.Run(models, Phase.Decode, settings, maxSeconds: 12, precision: 0, _ => { });
        Console.WriteLine($"decode of {copies} copies in the order of their opening, one thread: "
            + string.Join(", ", seconds.Select(turns => $"{1000 * Samples.Median(turns):F2} ms")));
        Console.WriteLine($"{Buffers} buffers of {Bytes >> 20} MB in the order of their allocation: {string.Join("; ", ReadInTurn())}");
    }

    private static string[] ReadInTurn()
    {
        var buffers = new byte*[Buffers];
        double[][] seconds = [.. Enumerable.Range(0, Buffers).Select(_ => new double[Rounds])];
        for (var i = 0; i < Buffers; i++)
        {
            buffers[i] = (byte*)NativeMemory.AlignedAlloc((nuint)Bytes, Page);
            NativeMemory.Fill(buffers[i], (nuint)Bytes, 1);
        }

        for (var round = 0; round < Rounds; round++)
        {
            for (var i = 0; i < Buffers; i++)
                seconds[i][round] = Read(buffers[i]);
        }

        var told = new string[Buffers];
        for (var i = 0; i < Buffers; i++)
        {
            told[i] = $"{Bytes / Samples.Median(seconds[i]) / 1e9:F1} GB/s in {PageRuns(buffers[i])} runs of pages";
            NativeMemory.AlignedFree(buffers[i]);
        }

        return told;
    }

    private static double Read(byte* buffer)
    {
        var begin = Stopwatch.GetTimestamp();
        long a = 0, b = 0;
        for (var at = 0L; at < Bytes; at += 2 * Line)
            (a, b) = (a + buffer[at], b + buffer[at + Line]);
        var seconds = Stopwatch.GetElapsedTime(begin).TotalSeconds;
        return a + b == Bytes / Line ? seconds : throw new InvalidOperationException($"read {a + b}");
    }

    /// <summary>Runs of neighboring physical pages. Linux tells them to root only.</summary>
    private static string PageRuns(byte* buffer)
    {
        if (!OperatingSystem.IsLinux() || Environment.UserName != "root")
            return "unknown";
        using var map = File.OpenRead("/proc/self/pagemap");
        map.Seek((long)buffer / Page * sizeof(ulong), SeekOrigin.Begin);
        var entries = new byte[Bytes / Page * sizeof(ulong)];
        map.ReadExactly(entries);
        var (runs, last) = (0, 0UL);
        for (var at = 0; at < entries.Length; at += sizeof(ulong))
        {
            var frame = BinaryPrimitives.ReadUInt64LittleEndian(entries.AsSpan(at)) & ((1UL << 55) - 1);
            runs += frame == last + 1 ? 0 : 1;
            last = frame;
        }

        return $"{runs}";
    }
}
