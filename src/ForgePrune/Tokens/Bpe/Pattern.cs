using System.Buffers;
using System.Text.RegularExpressions;

namespace ForgePrune.Tokens.Bpe;

/// <summary>The pattern of a normalizer or pre-tokenizer: a literal string or a regular expression over code points.</summary>
internal sealed class Pattern
{
    // A pattern that needs longer than this on one text backtracks without end; tokenizers' own patterns are linear.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly string source;
    private readonly string? literal;
    private readonly Lazy<Regex>? regex;

    private Pattern(string source, string? literal, Lazy<Regex>? regex) => (this.source, this.literal, this.regex) = (source, literal, regex);

    public static Pattern Literal(string text) => new(text, text, null);

    /// <exception cref="PatternSyntaxException">The pattern uses what cannot be carried over.</exception>
    public static Pattern Expression(string onigurumaSyntax)
    {
        var translated = PatternTranslator.Translate(onigurumaSyntax);
        try
        {
            _ = new Regex(translated, RegexOptions.CultureInvariant);
        }
        catch (ArgumentException e)
        {
            throw new PatternSyntaxException(e.Message.TrimEnd('.'));
        }
        // Compiling takes milliseconds and pays only once a text comes.
        return new(onigurumaSyntax, null, new(() => new Regex(translated, RegexOptions.CultureInvariant | RegexOptions.Compiled, Patience)));
    }

    /// <summary>Reads {"String": …} or {"Regex": …}.</summary>
    public static Pattern Read(JsonPart part)
    {
        if (part.Find("String") is { } text)
            return text.Text() is { Length: > 0 } sought ? Literal(sought) : throw TokenizerErrors.Wrong(text, "a text to look for");
        var expression = part.Get("Regex");
        try
        {
            return Expression(expression.Text());
        }
        catch (PatternSyntaxException e)
        {
            throw TokenizerErrors.BadPattern(expression, e.Message);
        }
    }

    /// <summary>All matches from left to right as ranges of the text.</summary>
    public List<(int Start, int End)> Matches(string text)
    {
        var matches = new List<(int, int)>();
        if (literal is not null)
        {
            if (literal.Length > 0)
            {
                for (var at = 0; (at = text.IndexOf(literal, at, StringComparison.Ordinal)) >= 0; at += literal.Length)
                    matches.Add((at, at + literal.Length));
            }
            return matches;
        }
        try
        {
            Find(text, matches);
        }
        catch (RegexMatchTimeoutException)
        {
            throw TokenizerErrors.SlowPattern(source);
        }
        return matches;
    }

    private void Find(string text, List<(int, int)> matches)
    {
        if (!text.AsSpan().ContainsAnyInRange('\uD800', '\uDFFF'))
        {
            foreach (var match in regex!.Value.EnumerateMatches(text))
                matches.Add((match.Index, match.Index + match.Length));
            return;
        }
        var folded = ArrayPool<char>.Shared.Rent(text.Length);
        var offsets = ArrayPool<int>.Shared.Rent(text.Length + 1);
        try
        {
            var length = AstralStandIn.Fold(text, folded, offsets);
            foreach (var match in regex!.Value.EnumerateMatches(folded.AsSpan(0, length)))
                matches.Add((offsets[match.Index], offsets[match.Index + match.Length]));
        }
        finally
        {
            ArrayPool<char>.Shared.Return(folded);
            ArrayPool<int>.Shared.Return(offsets);
        }
    }
}
