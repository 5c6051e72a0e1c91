namespace ForgePrune.Checkpoints;

/// <summary>The place of the tokenizer of a checkpoint.</summary>
/// <param name="Format">The format of the tokenizer.</param>
/// <param name="Path">The path of the file.</param>
/// <param name="Offset">The offset of the tokenizer in the file, in bytes; 0 except where the table follows the weights in one file.</param>
/// <param name="Length">The length of the tokenizer in bytes.</param>
public sealed record TokenizerSource(TokenizerFormat Format, string Path, long Offset, long Length)
{
    internal static TokenizerSource? IfPresent(TokenizerFormat format, string folder, string name) =>
        new FileInfo(System.IO.Path.Combine(folder, name)) is { Exists: true } file ? new(format, file.FullName, 0, LinkedFile.Length(file)) : null;
}

/// <summary>The format of a stored tokenizer.</summary>
public enum TokenizerFormat
{
    /// <summary>tokenizer.json of Hugging Face tokenizers.</summary>
    HuggingFace,

    /// <summary>llama2.c's table: int32 longest token, then per token float32 score, int32 length, bytes.</summary>
    Llama2c,
}
