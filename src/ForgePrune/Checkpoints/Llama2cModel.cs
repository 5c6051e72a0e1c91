using ForgePrune.Kernels;
using ForgePrune.Model;

namespace ForgePrune.Checkpoints;

/// <summary>A llama2.c checkpoint, alone in its file or followed there by its tokenizer table.</summary>
internal sealed class Llama2cModel : CheckpointModel
{
    private readonly MappedFile file;
    private readonly Llama2cLayout layout;

    /// <exception cref="Errors.BadInputException">The file is no llama2.c checkpoint, is cut short, is followed by something else, or holds NaN or
    /// infinity.</exception>
    public Llama2cModel(string path)
    {
        Path = path;
        file = new MappedFile(path);
        try
        {
            Llama2cHeader header = ReadHeader(file);
            layout = new Llama2cLayout(header);
            Config = ConfigOf(header);
            if (file.Length < layout.Length)
                throw CheckpointErrors.BadLlama2c(path, $"its header calls for {layout.Length} bytes and it has {file.Length}", "download it again");
            Tokenizer = FindTokenizer(header);
            CheckFinite();
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    public override string Path { get; }

    public override ModelConfig Config { get; }

    public override long StoredBytes => file.Length;

    public override IReadOnlyList<string> Files => [Path];

    public override TokenizerSource? Tokenizer { get; }

    /// <summary>Queries and keys come out in half-split order, as all of ForgePrune rotates.</summary>
    private protected override unsafe float[] Read(TensorSpec spec)
    {
        var values = LargeArray.Uninitialized<float>(spec.Elements);
        file.Read(layout.Offset(spec), spec.Elements * sizeof(float), bytes =>
        {
            Widening.ToSingle(bytes, TensorType.F32, values);
            return values;
        });
        return spec.Role is TensorRole.Query or TensorRole.Key ? RotaryOrder.ToHalfSplit(values, spec.Rows, spec.Cols, Config.HeadDim) : values;
    }

    private protected override void Dispose(bool disposing) => file.Dispose();

    private static unsafe Llama2cHeader ReadHeader(MappedFile file)
    {
        long length = Math.Min(file.Length, Llama2cHeader.Length);
        return file.Read(0, length, bytes => Llama2cHeader.Parse(new ReadOnlySpan<byte>(bytes, (int)length), file.Path));
    }

    /// <summary>Epsilon and theta are constants of llama2.c. Token 2 ends a text for SentencePiece; llama2.c's own loop stops at 1,
    /// which begins the next story in its training data.</summary>
    private static ModelConfig ConfigOf(Llama2cHeader header) => new()
    {
        Family = "llama",
        HiddenSize = header.Dim,
        HeadDim = header.HeadDim,
        VocabSize = header.Vocab,
        MaxPositions = header.Positions,
        RmsNormEps = 1e-5,
        RopeTheta = 10000,
        TiedEmbeddings = header.Tied,
        BosTokenId = header.Vocab > 1 ? 1 : null,
        EosTokenIds = header.Vocab > 2 ? [1, 2] : [],
        Layers = Enumerable.Repeat(new LayerShape(header.KvHeads, header.Heads, header.Hidden), header.Layers).ToArray(),
    };

    /// <summary>The table behind the weights; else tok{vocab}.bin or tokenizer.bin beside the file, as llama2.c names them.</summary>
    private TokenizerSource? FindTokenizer(Llama2cHeader header)
    {
        if (file.Length > layout.Length)
        {
            if (!Llama2cTable.Fills(file, layout.Length, header.Vocab))
                throw CheckpointErrors.BadLlama2c(Path,
                    $"the {file.Length - layout.Length} bytes after its weights are no tokenizer table of {header.Vocab} tokens", "download it again");
            return new TokenizerSource(TokenizerFormat.Llama2c, Path, layout.Length, file.Length - layout.Length);
        }

        string folder = System.IO.Path.GetDirectoryName(System.IO.Path.GetFullPath(Path))!;
        return TokenizerSource.IfPresent(TokenizerFormat.Llama2c, folder, $"tok{header.Vocab}.bin")
            ?? TokenizerSource.IfPresent(TokenizerFormat.Llama2c, folder, "tokenizer.bin");
    }

    private unsafe void CheckFinite()
    {
        foreach (TensorSpec spec in TensorLayout.Of(Config))
        {
            long index = file.Read(layout.Offset(spec), spec.Elements * sizeof(float),
                bytes => FiniteScan.FirstNotFinite(bytes, TensorType.F32, spec.Elements));
            if (index >= 0)
                throw CheckpointErrors.BadTensor(Path, TensorNames.Common[spec], $"is NaN or infinite at index {index}", "use a checkpoint of finite weights");
        }
    }
}
