using ForgePrune.Checkpoints;
using ForgePrune.Errors;
using ForgePrune.Onnx.Export;
using Microsoft.ML.OnnxRuntimeGenAI;
using Reference = ForgePrune.Tokens.Tokenizer;

namespace ForgePrune.Onnx.Sessions;

/// <summary>The tokenizer of an exported folder as ONNX Runtime GenAI reads it, held against our own reading of it.</summary>
internal static class GenAiTokenizer
{
    private static readonly (string Name, string Text)[] Samples =
    [
        ("words", "The quick brown fox jumps over the lazy dog."),
        ("numbers", "In 2024, 3.14 of 1,000."),
        ("apostrophes", "It's what they'd say: I'M here."),
        ("runs of spaces", "one  two   three"),
        ("line breaks", "one\n\ntwo\tthree\r\nfour"),
        ("accents", "caf\u00e9, na\u00efve, \u00c6r\u00f8sk\u00f8bing"),
        ("Chinese", "\u4f60\u597d\uff0c\u4e16\u754c"),
        ("emoji", "\U0001f44d\U0001f3fd \U0001f642"),
    ];

    /// <returns>One sentence on what a client of the folder has to know; null where there is no tokenizer, or GenAI's ids and texts are ours.</returns>
    public static string? Fault(string folder)
    {
        // GenAI follows "a/../b" only where there is an a.
        folder = Path.GetFullPath(folder);
        if (ExportedTokenizer.Find(folder) is not { } file)
            return null;
        Reference? reference = null;
        string? unread = null;
        try
        {
            reference = TokenizerReader.Load(file);
        }
        catch (BadInputException fault)
        {
            unread = Clause(fault, folder);
        }
        try
        {
            using var config = new Config(folder);
            using var tokenizer = new Loaded(config);
            return reference is null
                ? $"ONNX Runtime GenAI's ids of texts could not be compared with the tokenizer's own, which ForgePrune cannot read ({unread})"
                : Difference(tokenizer, reference);
        }
        catch (OnnxRuntimeGenAIException fault)
        {
            return $"ONNX Runtime GenAI cannot load the exported tokenizer ({Clause(fault, folder)}); give the export token ids made elsewhere";
        }
    }

    /// <summary>Without the folder: it is the reader's own, and where a run lies should not change what it writes.</summary>
    private static string Clause(Exception fault, string folder) =>
        fault.Message.ReplaceLineEndings(" ").TrimEnd('.').Replace(folder + Path.DirectorySeparatorChar, "", StringComparison.Ordinal);

    private static string? Difference(Tokenizer tokenizer, Reference reference)
    {
        var differing = new List<string>();
        foreach (var (name, text) in Samples)
        {
            if (Encoded(reference, text) is { } ids && !Agrees(tokenizer, reference, text, ids))
                differing.Add(name);
        }
        if (!Begins(tokenizer, reference))
            differing.Add("the beginning of a text");
        return differing.Count == 0 ? null
            : $"ONNX Runtime GenAI reads the tokenizer otherwise than it is meant, for {string.Join(", ", differing)}; give the export token ids made elsewhere where that matters";
    }

    /// <returns>Null where the vocabulary cannot write the text.</returns>
    private static int[]? Encoded(Reference reference, string text)
    {
        try
        {
            return reference.Encode(text);
        }
        catch (BadInputException)
        {
            return null;
        }
    }

    /// <summary>GenAI keeps the space that a SentencePiece tokenizer puts before a text.</summary>
    private static bool Agrees(Tokenizer tokenizer, Reference reference, string text, int[] ids)
    {
        using var sequences = tokenizer.Encode(text);
        return sequences[0].SequenceEqual(ids) && tokenizer.Decode(ids).TrimStart(' ') == reference.Decode(ids).TrimStart(' ');
    }

    private static bool Begins(Tokenizer tokenizer, Reference reference)
    {
        var text = Samples.Select(sample => sample.Text).FirstOrDefault(text => Encoded(reference, text) is { Length: > 0 });
        if (text is null)
            return true;
        tokenizer.UpdateOptions(new Dictionary<string, string> { ["add_special_tokens"] = "true" });
        using var sequences = tokenizer.Encode(text);
        var expected = reference.Encode(text, addSpecial: true);
        return sequences[0].Length > 0 && sequences[0][0] == expected[0];
    }

    /// <summary>The finalizer of one that could not be loaded would end the process: it destroys a handle that is null.</summary>
    private sealed class Loaded : Tokenizer
    {
        private readonly bool loaded;

        public Loaded(Config config)
            : base(config) => loaded = true;

        protected override void Dispose(bool disposing)
        {
            if (loaded)
                base.Dispose(disposing);
        }
    }
}
