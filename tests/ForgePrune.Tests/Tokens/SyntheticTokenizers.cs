namespace ForgePrune.Tests.Tokens;

/// <summary>Small tokenizers, each for one corner of the format.</summary>
internal static class SyntheticTokenizers
{
    public const string SingleWord = "token of its own";

    private const string ByteModel = """
        {"type":"BPE","vocab":{"a":0,"b":1,"Ġ":2,"1":3,"2":4,".":5,"ab":6,"Ġa":7,"Ġab":8,"12":9,"..":10,"ĠĠ":11,"<":12,">":13,"w":14},
         "merges":["a b","Ġ ab","Ġ a","1 2",". .","Ġ Ġ"]}
        """;

    private const string WordModel = """
        {"type":"BPE","unk_token":"<unk>","fuse_unk":true,"byte_fallback":true,"vocab":{"<unk>":0,"<s>":1,"▁":2,"a":3,"b":4,"ab":5,"▁a":6,
         "▁ab":7,"▁▁":8,"<0xC3>":9,"<0xA9>":10},"merges":["▁ a","a b","▁ ab","▁a b","▁ ▁"]}
        """;

    public static readonly string[] Texts =
    [
        "", " ", "ab", " ab  ab.a12 ab..", "a1212b 12.1", "  ab", "a.b..1.", "<w>ab", "a <w> b", "a<w>b <w>", "  <w>  <w> ab <w>", "ab<w>.<w><w>",
    ];

    public static readonly Dictionary<string, string> All = new()
    {
        ["byte level"] = Bytes("""{"type":"ByteLevel","add_prefix_space":true,"trim_offsets":true,"use_regex":true}"""),
        ["digits"] = Bytes(Then("""{"type":"Digits","individual_digits":true}""")),
        ["numbers"] = Bytes(Then("""{"type":"Digits","individual_digits":false}""")),
        ["split removed"] = Bytes(Then("""{"type":"Split","pattern":{"Regex":"[.]"},"behavior":"Removed","invert":false}""")),
        ["split isolated"] = Bytes(Then("""{"type":"Split","pattern":{"Regex":"[.1]"},"behavior":"Isolated","invert":false}""")),
        ["token strips left"] = Bytes(Then(null), Added("lstrip", 15)),
        ["token strips right"] = Bytes(Then(null), Added("rstrip", 15)),
        [SingleWord] = Bytes(Then(null), Added("single_word", 15)),
        ["metaspace"] = Words("null", """{"type":"Metaspace","replacement":"▁","prepend_scheme":"always","split":true}""",
            """{"type":"Metaspace","replacement":"▁","prepend_scheme":"always","split":true}"""),
        ["metaspace unsplit"] = Words("null", """{"type":"Metaspace","replacement":"▁","prepend_scheme":"never","split":false}""",
            """{"type":"Metaspace","replacement":"▁","prepend_scheme":"never","split":false}"""),
        ["sentence piece"] = Words(
            """{"type":"Sequence","normalizers":[{"type":"NFC"},{"type":"Prepend","prepend":"▁"},{"type":"Replace","pattern":{"String":" "},"content":"▁"}]}""",
            "null",
            """
            {"type":"Sequence","decoders":[{"type":"Replace","pattern":{"String":"▁"},"content":" "},{"type":"ByteFallback"},{"type":"Fuse"},
             {"type":"Strip","content":" ","start":1,"stop":0}]}
            """),
    };

    public static IEnumerable<string> Names => All.Keys;

    private static string Then(string? first) =>
        $$"""{"type":"Sequence","pretokenizers":[{{(first is null ? "" : first + ",")}} {"type":"ByteLevel","add_prefix_space":false,"trim_offsets":true,"use_regex":true}]}""";

    private static string Bytes(string preTokenizer, string added = "") => $$"""
        {"version":"1.0","added_tokens":[{{added}}],"normalizer":null,"pre_tokenizer":{{preTokenizer}},"post_processor":null,
         "decoder":{"type":"ByteLevel","add_prefix_space":true,"trim_offsets":true,"use_regex":true},"model":{{ByteModel}} }
        """;

    private static string Words(string normalizer, string preTokenizer, string decoder) => $$$"""
        {"version":"1.0","added_tokens":[{{{Added("normalized", 11)}}}],"normalizer":{{{normalizer}}},"pre_tokenizer":{{{preTokenizer}}},"post_processor":
         {"type":"TemplateProcessing","single":[{"SpecialToken":{"id":"<s>","type_id":0}},{"Sequence":{"id":"A","type_id":0}}],"pair":[],
          "special_tokens":{"<s>":{"id":"<s>","ids":[1],"tokens":["<s>"]} } },"decoder":{{{decoder}}},"model":{{{WordModel}}} }
        """;

    // The original gives the next free id, whatever the file says.
    private static string Added(string flag, int id)
    {
        var flags = new[] { "lstrip", "rstrip", "single_word", "normalized" }.Select(f => $"\"{f}\":{(f == flag ? "true" : "false")}");
        return $$"""{"id":{{id}},"content":"<w>","special":false, {{string.Join(',', flags)}} }""";
    }
}
