using System.Buffers.Binary;
using ForgePrune.IO;

namespace ForgePrune.Checkpoints;

/// <summary>The 28-byte head of a llama2.c checkpoint (version 0): dim, hidden_dim, n_layers, n_heads, n_kv_heads, vocab_size
/// (negative where the head is not the embedding), seq_len.</summary>
internal readonly record struct Llama2cHeader(int Dim, int Hidden, int Layers, int Heads, int KvHeads, int Vocab, bool Tied, int Positions)
{
    /// <summary>Bytes.</summary>
    public const int Length = 7 * sizeof(int);

    private const string Cure = "give a version-0 .bin that llama2.c's export wrote";

    public int HeadDim => Dim / Heads;

    /// <exception cref="Errors.BadInputException">The bytes are another format, or sizes that no model has.</exception>
    public static Llama2cHeader Parse(ReadOnlySpan<byte> bytes, string file)
    {
        if (bytes.Length < Length)
            throw CheckpointErrors.BadLlama2c(file, $"it has {bytes.Length} bytes where the header alone takes {Length}", Cure);
        LfsPointer.Refuse(file, bytes);
        RefuseOtherFormats(bytes, file);
        var fields = new int[7];
        for (int i = 0; i < fields.Length; i++)
            fields[i] = BinaryPrimitives.ReadInt32LittleEndian(bytes[(i * sizeof(int))..]);
        int vocab = fields[5];
        Check("dim", fields[0], 1 << 20);
        Check("hidden_dim", fields[1], 1 << 20);
        Check("n_layers", fields[2], 4096);
        Check("n_heads", fields[3], 1 << 14);
        Check("n_kv_heads", fields[4], 1 << 14);
        Check("vocab_size", vocab == int.MinValue ? vocab : Math.Abs(vocab), 1 << 24);
        Check("seq_len", fields[6], 1 << 30);
        var header = new Llama2cHeader(fields[0], fields[1], fields[2], fields[3], fields[4], Math.Abs(vocab), vocab > 0, fields[6]);
        if (header.Dim % header.Heads != 0 || header.HeadDim % 2 != 0)
            throw CheckpointErrors.BadLlama2c(file, $"dim {header.Dim} does not split into {header.Heads} heads of even width", Cure);
        if (header.Heads % header.KvHeads != 0)
            throw CheckpointErrors.BadLlama2c(file, $"n_kv_heads {header.KvHeads} does not divide n_heads {header.Heads}", Cure);
        if (Math.Max((long)header.Vocab, Math.Max(header.Dim, header.Hidden)) * header.Dim > Array.MaxLength)
            throw CheckpointErrors.BadLlama2c(file, $"one of its matrices has more than {Array.MaxLength} values", Cure);
        return header;

        void Check(string name, int value, int most)
        {
            if (value < 1 || value > most)
                throw CheckpointErrors.BadLlama2c(file, $"its header says {name} {value} where 1 to {most} makes sense", Cure);
        }
    }

    private static void RefuseOtherFormats(ReadOnlySpan<byte> bytes, string file)
    {
        string? format = BinaryPrimitives.ReadUInt32LittleEndian(bytes) switch
        {
            0x616B3432 => "a llama2.c export of version 1 or later",
            0x46554747 => "a GGUF file",
            0x04034B50 => "a zip archive, perhaps PyTorch's",
            _ => null,
        };
        if (format is not null)
            throw CheckpointErrors.BadLlama2c(file, $"it is {format}", Cure);
    }
}
