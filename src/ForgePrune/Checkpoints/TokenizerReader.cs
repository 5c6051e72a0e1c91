using ForgePrune.Errors;
using ForgePrune.Tokens;
using ForgePrune.Tokens.Bpe;
using ForgePrune.Tokens.Llama2C;

namespace ForgePrune.Checkpoints;

/// <summary>Reads tokenizers of every format that ForgePrune knows.</summary>
internal static class TokenizerReader
{
    /// <summary>Reads a Hugging Face <c>tokenizer.json</c> (model BPE, byte-level or SentencePiece style).
    /// <paramref name="path"/> is that file or the folder that holds it; a <c>tokenizer_config.json</c> beside it may name the BOS token and say
    /// whether texts begin with it (<c>add_bos_token</c>), which then counts for more than the post-processor.</summary>
    /// <exception cref="BadInputException">The file is missing, damaged, or uses a component that is not supported.</exception>
    public static Tokenizer Load(string path) => TokenizerFile.Load(path);

    /// <summary>Reads llama2.c's table: int32 longest token, then for every id float32 score, int32 length and the bytes.</summary>
    /// <param name="offset">The offset of the table in the file, in bytes.</param>
    /// <param name="length">The number of its bytes; null for all that follow.</param>
    /// <exception cref="BadInputException">The table does not hold <paramref name="vocabSize"/> tokens in exactly that room.</exception>
    public static Tokenizer LoadLlama2C(string path, long offset, long? length, int vocabSize) =>
        new Llama2CTokenizer(Llama2CTable.Read(path, offset, length, vocabSize));
}
