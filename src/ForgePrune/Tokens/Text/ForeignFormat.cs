namespace ForgePrune.Tokens.Text;

/// <summary>Files that are no text and no token ids, though they may hold some: known by their first bytes whatever they are called, or by their name.
/// Read as they stand, their wrapping would be learned as if it were the text.</summary>
internal sealed record ForeignFormat(string Name, string Cure)
{
    private const string Unpack = "unpack it first", Convert = "write its texts as JSON lines (.jsonl), one object with a \"text\" on every line";

    private const string RawIds = "write its ids as they stand in memory, little-endian, to a .bin file", Model = "name a text, not a model";

    private static readonly (string Name, string Cure, string[] Endings, byte[][] Starts)[] Known =
    [
        ("gzip", Unpack, [".gz", ".tgz"], [[0x1F, 0x8B]]),
        ("Zstandard", Unpack, [".zst"], [[0x28, 0xB5, 0x2F, 0xFD]]),
        ("bzip2", Unpack, [".bz2"], ["BZh1"u8.ToArray(), "BZh9"u8.ToArray()]),
        ("xz", Unpack, [".xz"], [[0xFD, (byte)'7', (byte)'z', (byte)'X', (byte)'Z', 0]]),
        ("LZ4", Unpack, [".lz4"], [[0x04, 0x22, 0x4D, 0x18]]),
        ("7z", Unpack, [".7z"], [[(byte)'7', (byte)'z', 0xBC, 0xAF, 0x27, 0x1C]]),
        ("NumPy's .npy", RawIds, [".npy"], [[0x93, .. "NUMPY"u8]]),
        ("NumPy's .npz", RawIds, [".npz"], []),
        ("an Office document", Convert, [".docx", ".doc", ".odt", ".xlsx", ".xls", ".pptx", ".epub"], []),
        ("PyTorch's", Model, [".pt", ".pth", ".ckpt"], []),
        (Zip, Unpack, [".zip"], ["PK\u0003\u0004"u8.ToArray(), "PK\u0005\u0006"u8.ToArray()]),
        ("tar", Unpack, [".tar"], []),
        ("Parquet", Convert, [".parquet"], ["PAR1"u8.ToArray()]),
        ("Arrow", Convert, [".arrow", ".feather"], ["ARROW1"u8.ToArray(), [0xFF, 0xFF, 0xFF, 0xFF]]),
        ("HDF5", Convert, [".h5", ".hdf5"], [[0x89, .. "HDF\r\n"u8]]),
        ("Avro", Convert, [".avro"], ["Obj\u0001"u8.ToArray()]),
        ("SQLite", Convert, [".sqlite", ".db"], ["SQLite format 3\0"u8.ToArray()]),
        ("PDF", Convert, [".pdf"], ["%PDF-"u8.ToArray()]),
        ("RTF", Convert, [".rtf"], ["{\\rtf"u8.ToArray()]),
        ("CSV", Convert, [".csv"], []),
        ("TSV", Convert, [".tsv"], []),
        ("Python's pickle", Convert, [".pkl", ".pickle"], [[0x80, 2, (byte)'}'], [0x80, 3], [0x80, 4, 0x95], [0x80, 5, 0x95]]),
        ("GGUF", Model, [".gguf"], ["GGUF"u8.ToArray()]),
        ("safetensors", Model, [".safetensors"], []),
        ("ONNX", Model, [".onnx"], []),
        ("llm.c's token file, whose first 1,024 bytes are a header", "leave them out: tail -c +1025 FILE > ids.bin", [], [LlmC(20240520), LlmC(20240801)]),
        ("Megatron's index, which holds no ids", "name the .bin beside it", [], ["MMIDIDX\0"u8.ToArray()]),
        ("a pointer of Git LFS, not the file itself", "fetch it: git lfs pull", [], ["version https://git-lfs.github.com/"u8.ToArray()]),
    ];

    private const string Zip = "ZIP";

    /// <summary>What the bytes begin, or else what the path calls itself; null for none of these. Office files, PyTorch's and NumPy's archives are
    /// ZIP inside: their name says more.</summary>
    /// <param name="head">The file's first bytes.</param>
    public static ForeignFormat? Of(string path, ReadOnlySpan<byte> head)
    {
        var (inside, named) = (Inside(head), Named(path));
        return inside is null or { Name: Zip } ? named ?? inside : inside;
    }

    private static ForeignFormat? Inside(ReadOnlySpan<byte> head)
    {
        foreach (var (name, cure, _, starts) in Known)
        {
            foreach (var start in starts)
            {
                if (head.StartsWith(start))
                    return new(name, cure);
            }
        }

        return null;
    }

    private static ForeignFormat? Named(string path)
    {
        var ending = Path.GetExtension(path);
        return Known.FirstOrDefault(format => format.Endings.Contains(ending, StringComparer.OrdinalIgnoreCase)) is { Name: { } name, Cure: var cure }
            ? new(name, cure) : null;
    }

    // Header of 256 int32: magic, version, number of ids.
    private static byte[] LlmC(int magic) => BitConverter.GetBytes(magic);
}
