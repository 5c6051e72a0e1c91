using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace ForgePrune.IO;

/// <summary>A binary result on disk that can be trusted when it is read back: 8 bytes kind and version, 32 bytes source hash,
/// 8 bytes payload length, the payload, and a SHA-256 over all of it and the file's name, so that no file passes for another. Little-endian. The file appears
/// whole, by rename.</summary>
internal static class ChecksummedFile
{
    /// <summary>Ending of a file that is being written.</summary>
    internal const string UnfinishedEnding = ".unfinished";

    private const int HashBytes = 32;
    private const int HeaderBytes = 8 + HashBytes + 8;

    /// <summary>Writes <paramref name="path"/>; an interrupted write leaves nothing under that name.</summary>
    /// <param name="kind">Exactly eight ASCII characters, format version included.</param>
    /// <param name="payloadBytes">The number of bytes that <paramref name="write"/> writes.</param>
    public static void Write(string path, string kind, SourceHash source, long payloadBytes, Action<Stream> write)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
        // Another process, here or on another machine, may be writing the same file: equal bits, so that whoever renames last does no harm.
        var unfinished = $"{path}.{ProcessName.Unique()}{UnfinishedEnding}";
        try
        {
            using (var file = new FileStream(unfinished, FileMode.CreateNew, FileAccess.Write, FileShare.None, 1 << 20))
            {
                using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
                var stream = new HashingStream(file, hash);
                stream.Write(Header(kind, source, payloadBytes));
                write(stream);
                if (stream.Bytes != HeaderBytes + payloadBytes)
                    throw new InvalidOperationException($"{kind}: {stream.Bytes - HeaderBytes} bytes written, {payloadBytes} announced");
                file.Write(Seal(hash, path));
                file.Flush(flushToDisk: true);
            }

            File.Move(unfinished, path, overwrite: true);
        }
        finally
        {
            File.Delete(unfinished);
        }
    }

    /// <summary>Bytes of a file besides its payload.</summary>
    public const int Overhead = HeaderBytes + HashBytes;

    /// <summary>Reads <paramref name="path"/> and gives the result only if kind, source, length and checksum are right.</summary>
    /// <param name="source">The hash that the file must carry; null accepts any.</param>
    /// <param name="read">Reads the payload. Begins anew where a network disk replaced the file under it.</param>
    public static T Read<T>(string path, string kind, SourceHash? source, Func<Stream, long, T> read) => SharedFile.WithFreshHandle(path, () =>
    {
        using var file = Open(path);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var stream = new HashingStream(file, hash);
        var payload = ReadHeader(path, kind, source, stream, file.Length);
        var result = ReadPayload(path, stream, payload, read);
        var stored = new byte[HashBytes];
        file.ReadExactly(stored);
        if (stream.Bytes != HeaderBytes + payload || !stored.AsSpan().SequenceEqual(Seal(hash, path)))
            throw ChecksummedFileErrors.Damaged(path);
        return result;
    });

    /// <summary>Reads what the payload begins with, once kind, source and length are right; the checksum is left to <see cref="Read"/>.</summary>
    public static T ReadStart<T>(string path, string kind, SourceHash? source, Func<Stream, T> read)
    {
        using var file = Open(path);
        return ReadPayload(path, file, ReadHeader(path, kind, source, file, file.Length), (stream, _) => read(stream));
    }

    /// <summary>Checks kind, source and length without reading the payload: enough to skip work that is already done.</summary>
    public static void CheckHeader(string path, string kind, SourceHash? source)
    {
        using var file = Open(path);
        ReadHeader(path, kind, source, file, file.Length);
    }

    /// <summary>Whether a file is whole: of any kind and from any source, but with the length and the checksum that it should have under its name.</summary>
    /// <returns>False where there is none.</returns>
    public static bool IsIntact(string path) => SharedFile.WithFreshHandle(path, () =>
    {
        using var file = SharedFile.TryOpen(path);
        if (file is null)
            return false;
        if (file.Length < Overhead)
            return false;
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = new byte[1 << 20];
        file.ReadExactly(buffer, 0, HeaderBytes);
        if (BinaryPrimitives.ReadInt64LittleEndian(buffer.AsSpan(8 + HashBytes)) != file.Length - Overhead)
            return false;
        hash.AppendData(buffer, 0, HeaderBytes);
        for (var left = file.Length - Overhead; left > 0;)
        {
            var count = (int)Math.Min(left, buffer.Length);
            file.ReadExactly(buffer, 0, count);
            hash.AppendData(buffer, 0, count);
            left -= count;
        }

        file.ReadExactly(buffer, 0, HashBytes);
        return buffer.AsSpan(0, HashBytes).SequenceEqual(Seal(hash, path));
    });

    /// <param name="hash">Over header and payload.</param>
    private static byte[] Seal(IncrementalHash hash, string path)
    {
        hash.AppendData(Encoding.UTF8.GetBytes(Path.GetFileName(path)));
        return hash.GetHashAndReset();
    }

    private static FileStream Open(string path) => SharedFile.TryOpen(path) ?? throw ChecksummedFileErrors.Missing(path);

    /// <summary>Bytes of payload, once everything before it fits.</summary>
    private static long ReadHeader(string path, string kind, SourceHash? source, Stream stream, long length)
    {
        if (length < Overhead)
            throw ChecksummedFileErrors.Size(path, length, Overhead);
        var header = new byte[HeaderBytes];
        stream.ReadExactly(header);
        if (!header.AsSpan(0, 8).SequenceEqual(Encoding.ASCII.GetBytes(kind)))
            throw ChecksummedFileErrors.Kind(path, kind);
        var found = new SourceHash(Convert.ToHexStringLower(header.AsSpan(8, HashBytes)));
        if (source is { } expected && expected != found)
            throw ChecksummedFileErrors.Foreign(path, found, expected);
        var payload = BinaryPrimitives.ReadInt64LittleEndian(header.AsSpan(8 + HashBytes));
        return payload == length - Overhead ? payload : throw ChecksummedFileErrors.Size(path, length, Overhead + payload);
    }

    /// <summary>The payload is parsed before its checksum is known, so nonsense in it must end as damage, not as a crash.</summary>
    private static T ReadPayload<T>(string path, Stream stream, long payload, Func<Stream, long, T> read)
    {
        try
        {
            return read(stream, payload);
        }
        catch (Exception fault) when (fault is InvalidDataException or EndOfStreamException or OverflowException or ArgumentException)
        {
            throw ChecksummedFileErrors.Damaged(path, fault);
        }
    }

    private static byte[] Header(string kind, SourceHash source, long payloadBytes)
    {
        if (kind.Length != 8)
            throw new ArgumentException($"kind '{kind}' needs eight characters", nameof(kind));
        var header = new byte[HeaderBytes];
        Encoding.ASCII.GetBytes(kind, header);
        Convert.FromHexString(source.Hex).CopyTo(header, 8);
        BinaryPrimitives.WriteInt64LittleEndian(header.AsSpan(8 + HashBytes), payloadBytes);
        return header;
    }
}
