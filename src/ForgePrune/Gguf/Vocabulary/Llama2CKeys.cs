using System.Globalization;
using System.Text;
using ForgePrune.Checkpoints;
using ForgePrune.Gguf.Container;
using ForgePrune.Tokens.Llama2C;

namespace ForgePrune.Gguf.Vocabulary;

/// <summary>The keys of llama2.c's table, which joins by score as llama.cpp does.</summary>
internal static class Llama2CKeys
{
    private static readonly string[] Control = ["<unk>", "<s>", "</s>"];

    public static void Add(GgufMetadata keys, TokenizerSource source, int vocabSize)
    {
        var table = Llama2CTable.Read(source.Path, source.Offset, source.Length, vocabSize);
        keys.Add("tokenizer.ggml.model", "llama");
        keys.Add("tokenizer.ggml.pre", "default");
        VocabularyTokens.Of(source.Path, id => Text(table, id), Kind, vocabSize, vocabSize).AddTo(keys);
        keys.Add("tokenizer.ggml.scores", table.Scores);
        keys.Add("tokenizer.ggml.add_space_prefix", true);
        keys.Add("tokenizer.ggml.bos_token_id", Llama2CTable.Bos);
        keys.Add("tokenizer.ggml.eos_token_id", Llama2CTable.Eos);
        keys.Add("tokenizer.ggml.unknown_token_id", 0);
        keys.Add("tokenizer.ggml.add_bos_token", true);
        keys.Add("tokenizer.ggml.add_eos_token", false);
    }

    private static string Text(Llama2CTable table, int id) => id switch
    {
        < Llama2CTable.FirstByte => Control[id],
        // Older tables hold the bytes themselves.
        < Llama2CTable.FirstText => string.Create(CultureInfo.InvariantCulture, $"<0x{id - Llama2CTable.FirstByte:X2}>"),
        _ => Encoding.UTF8.GetString(Encoding.Latin1.GetBytes(table.Texts[id])).Replace(' ', '▁'),
    };

    private static TokenKind Kind(int id) => id switch
    {
        0 => TokenKind.Unknown,
        < Llama2CTable.FirstByte => TokenKind.Control,
        < Llama2CTable.FirstText => TokenKind.Byte,
        _ => TokenKind.Normal,
    };
}
