namespace ForgePrune.Checkpoints;

/// <summary>Where the tokenizer of a checkpoint is.</summary>
/// <param name="Path">The file.</param>
/// <param name="Offset">Its first byte: not 0 where the table follows the weights in one file.</param>
/// <param name="Length">Bytes.</param>
public sealed record TokenizerSource(TokenizerFormat Format, string Path, long Offset, long Length)
{
    internal static TokenizerSource? IfPresent(TokenizerFormat format, string folder, string name) =>
        new FileInfo(System.IO.Path.Combine(folder, name)) is { Exists: true } file ? new(format, file.FullName, 0, LinkedFile.Length(file)) : null;
}

public enum TokenizerFormat
{
    /// <summary>tokenizer.json of Hugging Face tokenizers.</summary>
    HuggingFace,

    /// <summary>llama2.c's table: int32 longest token, then per token float32 score, int32 length, bytes.</summary>
    Llama2c,
}
