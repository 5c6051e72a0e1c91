using ForgePrune.Errors;

namespace ForgePrune.Cli;

/// <summary>stdout and stderr where they are no terminal. That nobody can hear remarks stops no work; figures that cannot be written are a fault.
/// A reader that has gone away, such as head, is none: .NET leaves out what it would have read.</summary>
internal static class StandardStreams
{
    public static void Guard()
    {
        if (Console.IsOutputRedirected)
            Console.SetOut(Writer(Console.OpenStandardOutput(), fault => throw Unwritable(fault)));
        if (Console.IsErrorRedirected)
            Console.SetError(Writer(Console.OpenStandardError(), _ => { }));
    }

    /// <summary>Whether <paramref name="path"/> is stdin where whoever started this process closed it. The runtime then takes its number for a pipe of its
    /// own, which nothing is ever written into: this process itself holds the end to write to.</summary>
    public static bool IsClosedInput(string path)
    {
        const string descriptors = "/proc/self/fd", facts = "/proc/self/fdinfo";
        if (!OperatingSystem.IsLinux() || Path.GetFullPath(path) is not ("/dev/stdin" or "/dev/fd/0" or $"{descriptors}/0"))
            return false;
        var input = new FileInfo($"{descriptors}/0").LinkTarget;
        return input is null || (input.StartsWith("pipe:", StringComparison.Ordinal)
            && Directory.EnumerateFileSystemEntries(descriptors)
                .Any(one => new FileInfo(one).LinkTarget == input && Writes($"{facts}/{Path.GetFileName(one)}")));
    }

    /// <summary>The lowest bits of a descriptor's flags, written in octal, are its access mode: 0 reads.</summary>
    private static bool Writes(string facts) =>
        File.Exists(facts) && File.ReadLines(facts).Any(line => line.StartsWith("flags:", StringComparison.Ordinal) && (line[^1] - '0') % 4 != 0);

    private static StreamWriter Writer(Stream stream, Action<Exception> fail) =>
        new(new Guarded(stream, fail), Console.OutputEncoding) { AutoFlush = true };

    private static BrokenEnvironmentException Unwritable(Exception fault) => new(
        fault is UnauthorizedAccessException
            ? "stdout is closed; leave it open, or send it to a file or /dev/null"
            : $"stdout cannot be written ({fault.Message.TrimEnd('.')}); send it elsewhere", fault);

    private sealed class Guarded(Stream stream, Action<Exception> fail) : Stream
    {
        public override bool CanRead => false;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

        public override void Write(ReadOnlySpan<byte> buffer)
        {
            try
            {
                stream.Write(buffer);
            }
            catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
            {
                fail(fault);
            }
        }

        public override void Flush()
        {
        }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();
    }
}
