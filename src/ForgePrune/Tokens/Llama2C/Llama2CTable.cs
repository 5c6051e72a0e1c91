using System.Buffers.Binary;
using System.Text;

namespace ForgePrune.Tokens.Llama2C;

/// <summary>llama2.c's vocabulary as its file has it. Texts are bytes, kept one to a char (Latin-1), because a token need not be whole UTF-8.</summary>
internal sealed record Llama2CTable(string File, string[] Texts, float[] Scores)
{
    /// <summary>Ids 0 to 2 are unknown, BOS and EOS; the 256 bytes follow.</summary>
    public const int Bos = 1, Eos = 2, FirstByte = 3, FirstText = FirstByte + 256;

    public static Llama2CTable Read(string path, long offset, long? length, int vocabSize)
    {
        if (vocabSize < FirstText)
            throw Llama2CErrors.TooFewTokens(path, vocabSize);
        var bytes = ReadBytes(path, offset, length);
        var (texts, scores) = (new string[vocabSize], new float[vocabSize]);
        var at = sizeof(int); // the longest token's length only sizes llama2.c's buffer
        for (var id = 0; id < vocabSize; id++)
        {
            if (bytes.Length - at < sizeof(float) + sizeof(int))
                throw Llama2CErrors.EndsEarly(path, id, vocabSize);
            scores[id] = BinaryPrimitives.ReadSingleLittleEndian(bytes.AsSpan(at));
            var size = BinaryPrimitives.ReadInt32LittleEndian(bytes.AsSpan(at + sizeof(float)));
            at += sizeof(float) + sizeof(int);
            if (size < 0 || float.IsNaN(scores[id]))
                throw Llama2CErrors.BadEntry(path, id, scores[id], size);
            if (bytes.Length - at < size)
                throw Llama2CErrors.EndsEarly(path, id, vocabSize);
            texts[id] = Encoding.Latin1.GetString(bytes, at, size);
            at += size;
        }
        return at == bytes.Length ? new(path, texts, scores) : throw Llama2CErrors.TooLong(path, bytes.Length - at, vocabSize);
    }

    private static byte[] ReadBytes(string path, long offset, long? length)
    {
        try
        {
            using var stream = System.IO.File.OpenRead(path);
            var size = length ?? stream.Length - offset;
            if (offset < 0 || size < 0 || offset + size > stream.Length || size > Array.MaxLength)
                throw Llama2CErrors.OutsideFile(path, offset, size, stream.Length);
            stream.Position = offset;
            var bytes = new byte[size];
            stream.ReadExactly(bytes);
            return bytes;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Llama2CErrors.Unreadable(path, e);
        }
    }
}
