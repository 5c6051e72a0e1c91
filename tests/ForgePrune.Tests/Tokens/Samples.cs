using System.Text;

namespace ForgePrune.Tests.Tokens;

/// <summary>Texts that tokenizers stumble over.</summary>
internal static class Samples
{
    public static readonly string[] Texts =
    [
        "",
        " ",
        "a",
        "Hello world",
        " leading and trailing ",
        "Once upon a time, there was a little girl named Lily. She didn't like it, they'll say WE'VE IT'S I'M you'd.",
        "The quick brown fox — “quoted”, naïve café, Straße, Ærøskøbing…",
        "从前有一座山，山里有一座庙。庙里有个老和尚在讲故事。",
        "日本語のテキスト、ひらがなとカタカナ。한국어 문장입니다.",
        "Привет, мир! שלום עולם مرحبا بالعالم नमस्ते दुनिया สวัสดีชาวโลก",
        "def f(x):\n    return {\"a\": x ** 2, 'b': [1, 2, 3]}\n\n\nif __name__ == '__main__':\n\tprint(f(10))\r\n",
        "for (int i=0;i<n;++i){ sum+=a[i]*b[i]; } // <>&|^%$#@!~`",
        "😀😃 👩‍👩‍👧‍👦 🏳️‍🌈 👍🏽 🇩🇪 text 🤖.",
        "CJK extension B: 𠀀𠀁𪛖 and C: 𪜀 mixed 漢𠮷字",
        "math 𝔸𝕓𝟙𝟚𝟛 𝒜𝓫 Deseret 𐐀𐐨 cuneiform 𒀀𒀁 123𝟘456 𐄇𐄈",
        "  two   three    four     \t\ttabs\n\n\n  lines \n \n x\r\n\r\ny \u00A0 \u3000 z\u2028w\u2003",
        "0 1 12 123 1234 12345 3.14159 1e-10 ½ ² Ⅷ ٣٤٥ १२३ 一二三",
        "e\u0301 o\u0308\u0323 a\u0323\u0302 \u1E9B\u0323 \uAC00 \u1100\u1161\u11A8 \u212B \u2126 \u0344 ﬁ",
        "\u0000\u0001\u001F\u007F\u0080\u00AD\u200B\u200D\u202E\uFFFC",
        "▁already▁marked ▁ ▁▁ <0x41> <unk> ĠG Ċ",
        "<s>hello</s> <|endoftext|> a<|endoftext|>b <|im_start|>user\nhi<|im_end|> <|begin_of_text|><|eot_id|>",
        "broken: \uFFFD\uFFFD\uFFFDx" + Encoding.UTF8.GetString([0x61, 0xFF, 0xC3, 0x28, 0xE2, 0x82, 0xF0, 0x9F, 0x98, 0x62]),
        "http://example.org/a_b-c?d=e&f=%20#frag user@example.com ../path/to\\file.TXT",
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!!!!!!!!!!!!!!!!!!======================",
        new string(' ', 200) + "x" + new string('\n', 70) + "y" + new string('\t', 33),
    ];

    private static readonly string[] Bits =
    [
        " ", "  ", "\n", "\r\n", "\t", "\u00A0", "\u3000", "'", "'s", "'LL", "'Ve", ".", ",", "!?", "(", "_", "-", "/", "0", "7", "42", "2024",
        "a", "e", "the", "ing", "Token", "CAPS", "é", "ß", "ж", "字", "漢字", "か", "한", "क", "ा", "ع", "\u0301", "\u0323", "½", "٣",
        "😀", "👍🏽", "𠀀", "𝟘", "𝔸", "𐐀", "▁", "▁▁", "\u200D", "\uFFFD", "\u0000", "<s>", "<|endoftext|>", "<0x0A>", "Ġ",
    ];

    /// <summary>Random strings of words, marks and spaces in every order.</summary>
    public static IEnumerable<string> Random(int seed, int count)
    {
        var random = new Random(seed);
        for (var i = 0; i < count; i++)
        {
            var text = new StringBuilder();
            for (var left = random.Next(1, 40); left > 0; left--)
                text.Append(Bits[random.Next(Bits.Length)]);
            yield return text.ToString();
        }
    }
}
