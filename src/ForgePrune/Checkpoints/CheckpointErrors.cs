using ForgePrune.Errors;

namespace ForgePrune.Checkpoints;

/// <summary>Faults of checkpoint files. Every message is one sentence that names the file and ends with the cure.</summary>
internal static class CheckpointErrors
{
    private const string FetchAgain = "download or convert the checkpoint again";

    public static BadInputException Damaged(string file, string what) =>
        new($"{Quote(file)} is not a valid safetensors file: {what}; {FetchAgain}.");

    public static BadInputException BadJson(string file, string what) =>
        new($"{Quote(file)} is not valid JSON: {what}; {FetchAgain}.");

    public static BadInputException BadIndex(string file, string what) =>
        new($"{Quote(file)} is not a valid safetensors index: {what}; {FetchAgain}.");

    public static BadInputException BadConfig(string file, string what, string cure) =>
        new($"{Quote(file)}: {what}; {cure}.");

    public static BadInputException BadTensor(string file, string tensor, string what, string cure) =>
        new($"{Quote(file)}: tensor {Quote(tensor)} {what}; {cure}.");

    public static BadInputException BadLlama2c(string file, string what, string cure) =>
        new($"{Quote(file)} is not a usable llama2.c checkpoint: {what}; {cure}.");

    public static BadInputException NotAModel(string path, string what, string cure) =>
        new($"{Quote(path)} is not a model: {what}; {cure}.");

    public static BadInputException BrokenLink(string file, string target) =>
        new($"{Quote(file)} is a link to {Quote(target)}, where nothing is; finish the download or remove the link.");

    /// <param name="names">Shards that are missing.</param>
    /// <param name="count">Shards in all.</param>
    public static BadInputException ShardsMissing(string place, IReadOnlyList<string> names, int count) =>
        new($"{Quote(place)} has {count - names.Count} of its {count} shards, without {Quote(names[0])}{(names.Count == 1 ? "" : $" and {names.Count - 1} more")}; finish the download.");

    public static BadInputException Exported(string place, string? file = null) =>
        new($"{Quote(place)} is an ONNX model{(file is null ? "" : $" ({Quote(file)})")} where a checkpoint with its config.json and safetensors is needed; "
            + "give the checkpoint that it was exported from, or use the model with eval, generate or bench.");

    public static BadInputException Unreadable(string file, Exception cause) =>
        new($"{Quote(file)} cannot be read ({Clause(cause.Message)}); give a readable file.", cause);

    public static BrokenEnvironmentException NoRoom(string folder, long needed, long free) =>
        new(
            $"{Quote(folder)} needs {needed:N0} bytes and its disk has {free:N0} free; free room or choose another output folder.");

    /// <summary>A name from a file may be long or hold control characters; a message shows enough of it to find it.</summary>
    public static string Quote(string text)
    {
        const int longest = 200;
        string shown = string.Concat(text.Take(longest).Select(c => char.IsControl(c) || char.IsSurrogate(c) ? '?' : c));
        return $"'{shown}{(text.Length > longest ? "…" : "")}'";
    }

    /// <summary>Framework messages end with a full stop and may hold several sentences; inside ours they become one clause.</summary>
    public static string Clause(string message) => message.ReplaceLineEndings(" ").TrimEnd(' ', '.').Replace(". ", ", ", StringComparison.Ordinal);
}
