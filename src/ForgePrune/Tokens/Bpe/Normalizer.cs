using System.Text;

namespace ForgePrune.Tokens.Bpe;

/// <summary>Rewrites the text before it is cut. Applied to each stretch between special tokens on its own.</summary>
internal abstract class Normalizer
{
    private const string Supported = "supported are NFC, Prepend, Replace and Sequence";

    public abstract string Apply(string text);

    /// <param name="part">The file's "normalizer", null where it has none.</param>
    public static Normalizer Read(JsonPart? part) => part is { } given ? ReadOne(given) : new InOrder([]);

    private static Normalizer ReadOne(JsonPart part) => part.Type() switch
    {
        "NFC" => new Nfc(),
        "Prepend" => new Prepend(part.Get("prepend").Text()),
        "Replace" => new Replace(Pattern.Read(part.Get("pattern")), part.Get("content").Text()),
        "Sequence" => new InOrder(part.Get("normalizers").Items().ConvertAll(ReadOne)),
        var type => throw TokenizerErrors.Unsupported(part, $"the normalizer {type}", Supported),
    };

    private sealed class InOrder(List<Normalizer> steps) : Normalizer
    {
        public override string Apply(string text) => steps.Aggregate(text, (t, step) => step.Apply(t));
    }

    private sealed class Nfc : Normalizer
    {
        public override string Apply(string text) => CanonicalComposition.Compose(text);
    }

    private sealed class Prepend(string prefix) : Normalizer
    {
        public override string Apply(string text) => text.Length == 0 ? text : prefix + text;
    }

    internal sealed class Replace(Pattern pattern, string content) : Normalizer
    {
        public override string Apply(string text)
        {
            var matches = pattern.Matches(text);
            if (matches.Count == 0)
                return text;
            var output = new StringBuilder(text.Length);
            var from = 0;
            foreach (var (start, end) in matches)
            {
                output.Append(text, from, start - from).Append(content);
                from = end;
            }
            return output.Append(text, from, text.Length - from).ToString();
        }
    }
}
