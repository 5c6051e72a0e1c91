using System.Text.Json;
using System.Text.Json.Nodes;
using ForgePrune.Errors;
using ForgePrune.Onnx.Export;

namespace ForgePrune.Onnx.Sessions;

/// <summary>Where a decoder lies and what its inputs and outputs are called: what <c>genai_config.json</c> says of a folder, whoever wrote it. What is left out
/// has the names that ONNX Runtime GenAI takes then, which are also ours.</summary>
internal sealed record DecoderFolder
{
    /// <summary>The graph's file.</summary>
    public required string File { get; init; }

    /// <summary>What the config calls the model; null where it does not say.</summary>
    public string? Type { get; private init; }

    public string Ids { get; private init; } = "input_ids";

    public string Mask { get; private init; } = "attention_mask";

    public string Positions { get; private init; } = "position_ids";

    /// <summary>The index of each row's last token, counted from the beginning of the cache; GenAI gives it with <see cref="TotalLength"/>, instead of a
    /// mask.</summary>
    public string LastIndex { get; private init; } = "past_sequence_length";

    /// <summary>Tokens in the cache after the call.</summary>
    public string TotalLength { get; private init; } = "current_sequence_length";

    public string Logits { get; private init; } = "logits";

    /// <summary>Names of the caches, with %d for the layer.</summary>
    public string PastKey { get; private init; } = CacheNames.Past + "%d.key";

    public string PastValue { get; private init; } = CacheNames.Past + "%d.value";

    public string PresentKey { get; private init; } = CacheNames.Present + "%d.key";

    public string PresentValue { get; private init; } = CacheNames.Present + "%d.value";

    /// <summary>Sizes for dimensions that the graph leaves open; null where the folder does not say.</summary>
    public int? VocabSize { get; private init; }

    public int? KvHeads { get; private init; }

    public int? HeadDim { get; private init; }

    /// <summary>Whether new keys and values are appended within the buffer of the old ones; else every call makes new, longer caches.</summary>
    public bool SharesBuffers { get; private init; } = true;

    /// <summary>Whether a folder holds a decoder: model.onnx, or the file that its config names.</summary>
    public static bool Holds(string folder) => System.IO.File.Exists(Path.Combine(folder, OnnxExporter.ModelFile))
        || (System.IO.File.Exists(Path.Combine(folder, GenAiConfig.FileName)) && System.IO.File.Exists(Of(folder).File));

    /// <param name="path">The folder, or a graph's file in it.</param>
    /// <exception cref="BadInputException">The config is damaged, or of a model that is no single decoder.</exception>
    public static DecoderFolder Of(string path)
    {
        // ONNX Runtime resolves no ".." behind a folder that is not there.
        path = Path.GetFullPath(path);
        var (folder, name) = Directory.Exists(path) ? (path, null) : (Path.GetDirectoryName(path)!, Path.GetFileName(path));
        var config = Path.Combine(folder, GenAiConfig.FileName);
        if (System.IO.File.Exists(config))
        {
            try
            {
                var options = new JsonDocumentOptions { CommentHandling = JsonCommentHandling.Skip };
                var read = Read(config, JsonNode.Parse(System.IO.File.ReadAllBytes(config), documentOptions: options));
                // Beside another graph, the config is of no use.
                if (name is null || Path.GetFileName(read.File) == name)
                    return read;
            }
            catch (Exception fault) when (fault is JsonException or InvalidOperationException or FormatException)
            {
                throw new BadInputException($"{config} is damaged ({fault.Message.ReplaceLineEndings(" ").TrimEnd('.')}); fetch it again", fault);
            }
        }

        return new DecoderFolder { File = Path.Combine(folder, name ?? OnnxExporter.ModelFile) };
    }

    private static DecoderFolder Read(string config, JsonNode? root)
    {
        var model = root?["model"];
        if (model?["decoder"] is not JsonObject decoder)
            throw SessionErrors.NoDecoder(config, "names none under model");
        if (decoder["pipeline"] is not null)
            throw SessionErrors.NoDecoder(config, "makes it a pipeline of several models");
        if (decoder["sliding_window"] is not null)
            throw SessionErrors.NoDecoder(config, "lets its client slide a window over the cache");
        var usual = new DecoderFolder { File = "" };
        string Input(string key, string otherwise) => decoder["inputs"]?[key]?.GetValue<string>() ?? otherwise;
        string Output(string key, string otherwise) => decoder["outputs"]?[key]?.GetValue<string>() ?? otherwise;
        return new DecoderFolder
        {
            File = Path.Combine(Path.GetDirectoryName(config)!, decoder["filename"]?.GetValue<string>() ?? OnnxExporter.ModelFile),
            Type = model["type"]?.GetValue<string>(),
            Ids = Input("input_ids", usual.Ids),
            Mask = Input("attention_mask", usual.Mask),
            Positions = Input("position_ids", usual.Positions),
            LastIndex = Input("past_sequence_length", usual.LastIndex),
            TotalLength = Input("current_sequence_length", usual.TotalLength),
            PastKey = Input("past_key_names", usual.PastKey),
            PastValue = Input("past_value_names", usual.PastValue),
            Logits = Output("logits", usual.Logits),
            PresentKey = Output("present_key_names", usual.PresentKey),
            PresentValue = Output("present_value_names", usual.PresentValue),
            VocabSize = model["vocab_size"]?.GetValue<int>(),
            KvHeads = decoder["num_key_value_heads"]?.GetValue<int>(),
            HeadDim = decoder["head_size"]?.GetValue<int>(),
            SharesBuffers = root!["search"]?["past_present_share_buffer"]?.GetValue<bool>() ?? false,
        };
    }
}
