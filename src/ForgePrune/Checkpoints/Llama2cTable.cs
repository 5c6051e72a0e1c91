using System.Buffers.Binary;

namespace ForgePrune.Checkpoints;

/// <summary>llama2.c's tokenizer table: int32 longest token, then for each token float32 score, int32 length and that many bytes.</summary>
internal static class Llama2cTable
{
    private const int LongestToken = 1 << 16;

    /// <summary>Whether a table of <paramref name="vocab"/> tokens fills the file exactly from <paramref name="offset"/> on.</summary>
    public static unsafe bool Fills(MappedFile file, long offset, int vocab)
    {
        long length = file.Length - offset;
        return length <= int.MaxValue && file.Read(offset, length, bytes => Fills(new ReadOnlySpan<byte>(bytes, (int)length), vocab));
    }

    private static bool Fills(ReadOnlySpan<byte> table, int vocab)
    {
        const int head = sizeof(float) + sizeof(int);
        if (table.Length < sizeof(int))
            return false;
        table = table[sizeof(int)..];
        for (int token = 0; token < vocab; token++)
        {
            if (table.Length < head)
                return false;
            int length = BinaryPrimitives.ReadInt32LittleEndian(table[sizeof(float)..]);
            if (length < 0 || length > LongestToken || length > table.Length - head)
                return false;
            table = table[(head + length)..];
        }

        return table.IsEmpty;
    }
}
