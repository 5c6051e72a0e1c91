using ForgePrune.Checkpoints;
using ForgePrune.IO;
using ForgePrune.Onnx.Export;
using ForgePrune.Tokens;

namespace ForgePrune.Onnx.Sessions;

/// <summary>A model as it is served: an exported folder as it is, a checkpoint through an export that goes away with this object.</summary>
public sealed class ServedModel : IDisposable
{
    private readonly string? temporary;

    private ServedModel(OnnxDecoder decoder, Tokenizer? tokenizer, IReadOnlyList<int> ends, int? positions, string? temporary) =>
        (Decoder, Tokenizer, EosTokenIds, Positions, this.temporary) = (decoder, tokenizer, ends, positions, temporary);

    public OnnxDecoder Decoder { get; }

    /// <summary>Null where none lies beside the model, or none was asked for.</summary>
    public Tokenizer? Tokenizer { get; }

    /// <summary>What the tokenizer puts before a text. An exported folder's genai_config.json cannot say that there is none.</summary>
    public int? BeginTokenId => Tokenizer?.BeginTokenId;

    public IReadOnlyList<int> EosTokenIds { get; }

    /// <summary>Most tokens of a sequence; null where an exported folder does not say.</summary>
    public int? Positions { get; }

    /// <summary>Whether <paramref name="path"/> is an exported folder (or its .onnx file), not a checkpoint.</summary>
    public static bool IsExported(string path) =>
        path.EndsWith(".onnx", StringComparison.OrdinalIgnoreCase) || File.Exists(Path.Combine(path, OnnxExporter.ModelFile));

    /// <param name="path">An exported folder, or anything <see cref="DecoderModel.Open(string)"/> takes.</param>
    /// <param name="readsText">Whether the tokenizer is needed: it is read before anything else, and otherwise not at all.</param>
    public static ServedModel Open(string path, int threads, bool readsText) => IsExported(path) ? Exported(path, threads, readsText) : Checkpoint(path, threads, readsText);

    /// <summary>The tokenizer beside a model of either kind; null where there is none.</summary>
    public static Tokenizer? ReadTokenizer(string path)
    {
        if (IsExported(path))
            return TokenizerIn(FolderOf(path));
        using var model = DecoderModel.Open(path);
        return ModelTokenizer.Of(model);
    }

    /// <summary>The tokenizer of an exported folder; null where it has none.</summary>
    internal static string? TokenizerFile(string folder) => Path.Combine(folder, ExportedTokenizer.Definition) is var file && File.Exists(file) ? file : null;

    public void Dispose()
    {
        Decoder.Dispose();
        if (temporary is not null)
            Directory.Delete(temporary, recursive: true);
    }

    private static ServedModel Exported(string path, int threads, bool readsText)
    {
        var folder = FolderOf(path);
        var tokenizer = readsText ? TokenizerIn(folder) : null;
        return new ServedModel(OnnxDecoder.Open(path, threads), tokenizer, GenAiConfig.ReadEnds(folder), GenAiConfig.ReadPositions(folder), null);
    }

    private static ServedModel Checkpoint(string path, int threads, bool readsText)
    {
        using var model = DecoderModel.Open(path);
        var tokenizer = readsText ? ModelTokenizer.Of(model) : null;
        var temporary = ScratchFolder.Create("forgeprune-");
        try
        {
            OnnxExporter.Fill(model, temporary, tokenizer: null);
            return new ServedModel(OnnxDecoder.Open(temporary, threads), tokenizer, model.Config.EosTokenIds, model.Config.MaxPositions, temporary);
        }
        catch
        {
            Directory.Delete(temporary, recursive: true);
            throw;
        }
    }

    private static string FolderOf(string path) => Directory.Exists(path) ? path : Path.GetDirectoryName(Path.GetFullPath(path))!;

    private static Tokenizer? TokenizerIn(string folder) => TokenizerFile(folder) is { } file ? TokenizerReader.Load(file) : null;
}
