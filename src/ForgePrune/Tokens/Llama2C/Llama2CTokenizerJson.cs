using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace ForgePrune.Tokens.Llama2C;

/// <summary>Writes llama2.c's vocabulary as a <c>tokenizer.json</c>, for runtimes that know no other. llama2.c joins the neighbouring pair
/// whose token scores highest; BPE joins the pair that stands first in a list. So every way to split a token into two tokens is a merge,
/// and the merges stand in the order of their token's score.</summary>
internal static class Llama2CTokenizerJson
{
    private const string Space = "▁";

    /// <summary>The <c>tokenizer_config.json</c> that goes with it.</summary>
    public static ReadOnlySpan<byte> Settings => """
        {
          "tokenizer_class": "LlamaTokenizer",
          "add_bos_token": true,
          "add_eos_token": false,
          "bos_token": "<s>",
          "eos_token": "</s>",
          "unk_token": "<unk>",
          "clean_up_tokenization_spaces": false
        }

        """u8;

    /// <param name="path">The file, in which the table has <paramref name="length"/> bytes from <paramref name="offset"/> on.</param>
    public static byte[] Convert(string path, long offset, long length, int vocabSize)
    {
        var table = Llama2CTable.Read(path, offset, length, vocabSize);
        string[] texts = [.. table.Texts.Select(Text)];
        string[] control = ["<unk>", "<s>", "</s>"];
        control.CopyTo(texts, 0);
        // Tables of one age spell the bytes <0x0A>, those of another have the bytes themselves. Byte fallback knows the spelling only.
        for (var value = 0; value < 256; value++)
            texts[Llama2CTable.FirstByte + value] = string.Create(CultureInfo.InvariantCulture, $"<0x{value:X2}>");
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartObject();
            json.WriteString("version", "1.0");
            json.WriteStartArray("added_tokens");
            for (var id = 0; id < control.Length; id++)
                Raw(json, string.Create(CultureInfo.InvariantCulture,
                    $$"""{"id":{{id}},"content":"{{control[id]}}","single_word":false,"lstrip":false,"rstrip":false,"normalized":false,"special":true}"""));
            json.WriteEndArray();
            Raw(json, "normalizer", """{"type":"Sequence","normalizers":[{"type":"Prepend","prepend":"▁"},{"type":"Replace","pattern":{"String":" "},"content":"▁"}]}""");
            json.WriteNull("pre_tokenizer");
            Raw(json, "post_processor", """
                {"type":"TemplateProcessing","single":[{"SpecialToken":{"id":"<s>","type_id":0}},{"Sequence":{"id":"A","type_id":0}}],
                "pair":[{"SpecialToken":{"id":"<s>","type_id":0}},{"Sequence":{"id":"A","type_id":0}},{"SpecialToken":{"id":"<s>","type_id":1}},{"Sequence":{"id":"B","type_id":1}}],
                "special_tokens":{"<s>":{"id":"<s>","ids":[1],"tokens":["<s>"]}}}
                """);
            Raw(json, "decoder", """
                {"type":"Sequence","decoders":[{"type":"Replace","pattern":{"String":"▁"},"content":" "},{"type":"ByteFallback"},{"type":"Fuse"},{"type":"Strip","content":" ","start":1,"stop":0}]}
                """);
            WriteModel(json, texts, table.Scores);
            json.WriteEndObject();
        }
        return buffer.WrittenSpan.ToArray();
    }

    private static void WriteModel(Utf8JsonWriter json, string[] texts, float[] scores)
    {
        json.WriteStartObject("model");
        json.WriteString("type", "BPE");
        json.WriteString("unk_token", "<unk>");
        json.WriteBoolean("fuse_unk", true);
        json.WriteBoolean("byte_fallback", true);
        json.WriteStartObject("vocab");
        for (var id = 0; id < texts.Length; id++)
            json.WriteNumber(texts[id], id);
        json.WriteEndObject();
        json.WriteStartArray("merges");
        foreach (var (left, right) in Merges(texts, scores))
            json.WriteStringValue($"{left} {right}");
        json.WriteEndArray();
        json.WriteEndObject();
    }

    /// <summary>Best token first; among the ways to split one token the pair of lowest ids first.</summary>
    private static IEnumerable<(string Left, string Right)> Merges(string[] texts, float[] scores)
    {
        var ids = new Dictionary<string, int>(StringComparer.Ordinal);
        for (var id = 0; id < texts.Length; id++)
            ids.TryAdd(texts[id], id);
        return Enumerable.Range(Llama2CTable.FirstText, texts.Length - Llama2CTable.FirstText)
            .OrderByDescending(id => scores[id])
            .SelectMany(id => Splits(texts[id]).Where(pair => ids.ContainsKey(pair.Left) && ids.ContainsKey(pair.Right))
                .OrderBy(pair => ids[pair.Left]).ThenBy(pair => ids[pair.Right]));
    }

    private static IEnumerable<(string Left, string Right)> Splits(string text) =>
        Enumerable.Range(1, Math.Max(0, text.Length - 1)).Where(at => !char.IsLowSurrogate(text[at])).Select(at => (text[..at], text[at..]));

    /// <summary>A token's bytes as text, with SentencePiece's mark for the space.</summary>
    private static string Text(string bytes) => Encoding.UTF8.GetString(Encoding.Latin1.GetBytes(bytes)).Replace(" ", Space, StringComparison.Ordinal);

    private static void Raw(Utf8JsonWriter json, string value) => json.WriteRawValue(value);

    private static void Raw(Utf8JsonWriter json, string name, string value)
    {
        json.WritePropertyName(name);
        json.WriteRawValue(value);
    }
}
