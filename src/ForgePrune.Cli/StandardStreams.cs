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
