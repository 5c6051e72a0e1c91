using ForgePrune.Checkpoints;
using ForgePrune.Onnx.Export;
using ForgePrune.Tokens;

namespace ForgePrune.Onnx.Sessions;

/// <summary>A model as it is served: an exported folder as it is, a checkpoint through an export that goes away with this object.</summary>
public sealed class ServedModel : IDisposable
{
    private readonly string? temporary;

    private ServedModel(OnnxDecoder decoder, Tokenizer? tokenizer, int? bos, IReadOnlyList<int> ends, int? positions, string? temporary) =>
        (Decoder, Tokenizer, BosTokenId, EosTokenIds, Positions, this.temporary) = (decoder, tokenizer, bos, ends, positions, temporary);

    public OnnxDecoder Decoder { get; }

    /// <summary>Null where none lies beside the model.</summary>
    public Tokenizer? Tokenizer { get; }

    public int? BosTokenId { get; }

    public IReadOnlyList<int> EosTokenIds { get; }

    /// <summary>Most tokens of a sequence; null where an exported folder does not say.</summary>
    public int? Positions { get; }

    /// <summary>Whether <paramref name="path"/> is an exported folder (or its .onnx file), not a checkpoint.</summary>
    public static bool IsExported(string path) =>
        path.EndsWith(".onnx", StringComparison.OrdinalIgnoreCase) || File.Exists(Path.Combine(path, OnnxExporter.ModelFile));

    /// <param name="path">An exported folder, or anything <see cref="DecoderModel.Open"/> takes.</param>
    public static ServedModel Open(string path, int threads) => IsExported(path) ? Exported(path, threads) : Checkpoint(path, threads);

    public void Dispose()
    {
        Decoder.Dispose();
        if (temporary is not null)
            Directory.Delete(temporary, recursive: true);
    }

    private static ServedModel Exported(string path, int threads)
    {
        var folder = Directory.Exists(path) ? path : Path.GetDirectoryName(Path.GetFullPath(path))!;
        var tokenizer = File.Exists(Path.Combine(folder, "tokenizer.json")) ? Tokenizer.Load(folder) : null;
        var (bos, ends) = GenAiConfig.ReadTokens(folder);
        return new ServedModel(OnnxDecoder.Open(path, threads), tokenizer, bos ?? tokenizer?.BosTokenId, ends, GenAiConfig.ReadPositions(folder), null);
    }

    private static ServedModel Checkpoint(string path, int threads)
    {
        using var model = DecoderModel.Open(path);
        var temporary = Directory.CreateTempSubdirectory("forgeprune-").FullName;
        try
        {
            OnnxExporter.Fill(model, temporary, model.Tokenizer);
            var tokenizer = ModelTokenizer.Of(model);
            return new ServedModel(
                OnnxDecoder.Open(temporary, threads), tokenizer, model.Config.BosTokenId ?? tokenizer?.BosTokenId, model.Config.EosTokenIds, model.Config.MaxPositions, temporary);
        }
        catch
        {
            Directory.Delete(temporary, recursive: true);
            throw;
        }
    }
}
