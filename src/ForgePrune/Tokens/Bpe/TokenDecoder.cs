using System.Globalization;
using System.Text;

namespace ForgePrune.Tokens.Bpe;

/// <summary>Turns the tokens' texts back into what a reader sees. Each step takes a list of texts and gives one; the last list is joined.</summary>
internal abstract class TokenDecoder
{
    private const string Supported = "supported are ByteLevel, ByteFallback, Fuse, Metaspace, Replace, Strip and Sequence";

    public abstract List<string> Apply(List<string> tokens);

    /// <param name="part">The file's "decoder", null where it has none: tokens are then joined by spaces.</param>
    public static TokenDecoder Read(JsonPart? part) => part is { } given ? ReadOne(given) : new SpaceJoin();

    private static TokenDecoder ReadOne(JsonPart part) => part.Type() switch
    {
        "ByteLevel" => new ByteLevel(),
        "ByteFallback" => new ByteFallback(),
        "Fuse" => new Fuse(),
        "Metaspace" => new Spaces(Metaspace.Mark(part), Metaspace.Scheme(part)),
        "Replace" => new Replace(new Normalizer.Replace(Pattern.Read(part.Get("pattern")), part.Get("content").Text())),
        "Strip" => new Strip(part.Get("content").Text(), part.Get("start").Count(), part.Get("stop").Count()),
        "Sequence" => new InOrder(part.Get("decoders").Items().ConvertAll(ReadOne)),
        var type => throw TokenizerErrors.Unsupported(part, $"the decoder {type}", Supported),
    };

    private sealed class InOrder(List<TokenDecoder> steps) : TokenDecoder
    {
        public override List<string> Apply(List<string> tokens) => steps.Aggregate(tokens, (t, step) => step.Apply(t));
    }

    private sealed class SpaceJoin : TokenDecoder
    {
        public override List<string> Apply(List<string> tokens) => [string.Join(' ', tokens)];
    }

    private sealed class Fuse : TokenDecoder
    {
        public override List<string> Apply(List<string> tokens) => [string.Concat(tokens)];
    }

    private sealed class Replace(Normalizer.Replace replace) : TokenDecoder
    {
        public override List<string> Apply(List<string> tokens) => tokens.ConvertAll(replace.Apply);
    }

    private sealed class ByteLevel : TokenDecoder
    {
        public override List<string> Apply(List<string> tokens)
        {
            var bytes = new List<byte>();
            foreach (var token in tokens)
            {
                // An added token may hold characters outside the alphabet: it stands for itself.
                if (!ByteAlphabet.TryRead(token, bytes))
                    bytes.AddRange(Encoding.UTF8.GetBytes(token));
            }
            return [Encoding.UTF8.GetString([.. bytes])];
        }
    }

    private sealed class ByteFallback : TokenDecoder
    {
        private static readonly UTF8Encoding Strict = new(false, throwOnInvalidBytes: true);

        public override List<string> Apply(List<string> tokens)
        {
            var (texts, bytes) = (new List<string>(tokens.Count), new List<byte>());
            foreach (var token in tokens)
            {
                if (TryByte(token, out var value))
                {
                    bytes.Add(value);
                    continue;
                }
                Flush(bytes, texts);
                texts.Add(token);
            }
            Flush(bytes, texts);
            return texts;
        }

        private static bool TryByte(string token, out byte value)
        {
            value = 0;
            return token.Length == 6 && token.StartsWith("<0x", StringComparison.Ordinal) && token[5] == '>'
                && byte.TryParse(token.AsSpan(3, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out value);
        }

        // A run of bytes that is no UTF-8 gives one U+FFFD for every byte, unlike a decoder of text.
        private static void Flush(List<byte> bytes, List<string> texts)
        {
            if (bytes.Count == 0)
                return;
            try
            {
                texts.Add(Strict.GetString([.. bytes]));
            }
            catch (DecoderFallbackException)
            {
                texts.Add(new string('\uFFFD', bytes.Count));
            }
            bytes.Clear();
        }
    }

    private sealed class Strip(string content, int start, int stop) : TokenDecoder
    {
        public override List<string> Apply(List<string> tokens) => tokens.ConvertAll(One);

        private string One(string token)
        {
            if (content.Length == 0)
                return token;
            for (var i = 0; i < start && token.StartsWith(content, StringComparison.Ordinal); i++)
                token = token[content.Length..];
            for (var i = 0; i < stop && token.EndsWith(content, StringComparison.Ordinal); i++)
                token = token[..^content.Length];
            return token;
        }
    }

    private sealed class Spaces(string mark, PrependScheme prepend) : TokenDecoder
    {
        // The reference drops every mark of the first token, not only one.
        public override List<string> Apply(List<string> tokens) => [.. tokens.Select((token, i) =>
            token.Replace(mark, i == 0 && prepend != PrependScheme.Never ? "" : " ", StringComparison.Ordinal))];
    }
}
