using System.Globalization;
using System.Text;

namespace ForgePrune.Tokens.Bpe;

/// <summary>Rewrites a pattern from Oniguruma's syntax (what tokenizer.json holds) to .NET's, where the two differ in ways tokenizers use:
/// possessive quantifiers, and ſ, which Oniguruma matches with s when case is ignored. What might differ otherwise is refused by name.</summary>
internal sealed class PatternTranslator
{
    private const char LongS = '\u017F';
    private static readonly string[] Groups = ["(?:", "(?i:", "(?=", "(?!", "(?<=", "(?<!", "(?>", "("];
    private static readonly HashSet<string> Categories =
    [
        "L", "Lu", "Ll", "Lt", "Lm", "Lo", "M", "Mn", "Mc", "Me", "N", "Nd", "Nl", "No", "Z", "Zs", "Zl", "Zp",
        "C", "Cc", "Cf", "Co", "Cn", "P", "Pc", "Pd", "Ps", "Pe", "Pi", "Pf", "Po", "S", "Sm", "Sc", "Sk", "So",
    ];

    private readonly string pattern;
    private readonly StringBuilder output = new();
    private readonly Stack<(int Start, bool IgnoreCase)> open = new();
    private int at;
    private int atom; // where the last atom begins in the output: what a quantifier applies to
    private bool ignoreCase;

    private PatternTranslator(string pattern) => this.pattern = pattern;

    public static string Translate(string pattern)
    {
        var translator = new PatternTranslator(pattern);
        while (translator.at < pattern.Length)
            translator.Step();
        if (translator.open.Count > 0)
            throw new PatternSyntaxException("a group is not closed");
        return translator.output.ToString();
    }

    private void Step()
    {
        var c = pattern[at];
        if (c is '?' or '*' or '+' or '{')
        {
            Quantify();
            return;
        }
        if (c == '(')
        {
            var group = Array.Find(Groups, g => string.CompareOrdinal(pattern, at, g, 0, g.Length) == 0)!;
            if (group == "(" && at + 1 < pattern.Length && pattern[at + 1] is '?' or '*')
                throw new PatternSyntaxException($"the group '{pattern[at..Math.Min(at + 4, pattern.Length)]}' is not supported");
            open.Push((output.Length, ignoreCase));
            ignoreCase |= group == "(?i:";
            output.Append(group);
            at += group.Length;
            return;
        }
        if (c == ')')
        {
            if (!open.TryPop(out var group))
                throw new PatternSyntaxException("a ')' closes no group");
            (atom, ignoreCase) = group;
            output.Append(c);
            at++;
            return;
        }
        atom = output.Length;
        if (c == '[')
            Class();
        else if (IsClassEscape())
            output.Append(Escape());
        else if (c is '^' or '$')
            throw new PatternSyntaxException($"the anchor '{c}' is not supported");
        else if (c is '|' or '.')
            output.Append(pattern[at++]);
        else
            Literal(Character());
    }

    private void Literal(char c) => output.Append(ignoreCase && c is 's' or 'S' ? $"[sS{LongS}]" : Quote(c));

    private void Quantify()
    {
        var end = at + 1;
        if (pattern[at] == '{')
        {
            end = pattern.IndexOf('}', at) + 1;
            if (end == 0 || !pattern[(at + 1)..(end - 1)].All(c => char.IsAsciiDigit(c) || c == ',') || !char.IsAsciiDigit(pattern[at + 1]))
                throw new PatternSyntaxException("a '{' begins no repeat count");
        }
        output.Append(pattern, at, end - at);
        if (end < pattern.Length && pattern[end] == '+')
        {
            if (pattern[at] == '{')
                throw new PatternSyntaxException("a '+' after a repeat count is not supported");
            output.Insert(atom, "(?>").Append(')');
            end++;
        }
        at = end;
    }

    private void Class()
    {
        output.Append(pattern[at++]);
        if (at < pattern.Length && pattern[at] == '^')
            output.Append(pattern[at++]);
        for (var first = true; ; first = false)
        {
            if (at >= pattern.Length)
                throw new PatternSyntaxException("a '[' is not closed");
            var c = pattern[at];
            if (c == ']' && !first)
                break;
            if (c is '[' or ']' || (c == '&' && string.CompareOrdinal(pattern, at, "&&", 0, 2) == 0))
                throw new PatternSyntaxException("classes within classes are not supported");
            if (IsClassEscape())
                output.Append(Escape());
            else
                Range();
        }
        output.Append(pattern[at++]);
    }

    private void Range()
    {
        var low = Character();
        var high = low;
        // A '-' before the closing bracket stands for itself.
        if (at + 1 < pattern.Length && pattern[at] == '-' && pattern[at + 1] != ']')
        {
            at++;
            if (pattern[at] == '[' || IsClassEscape())
                throw new PatternSyntaxException("a range ends in a class");
            high = Character();
        }
        if (high < low || (high > low && AstralStandIn.InUse.Any(s => s >= low && s <= high)))
            throw new PatternSyntaxException($"the range U+{(int)low:X4} to U+{(int)high:X4} is not supported");
        output.Append(Quote(low));
        if (high > low)
            output.Append('-').Append(Quote(high));
        if (ignoreCase && ((low <= 's' && high >= 's') || (low <= 'S' && high >= 'S')))
            output.Append(LongS);
    }

    private bool IsClassEscape() => at + 1 < pattern.Length && pattern[at] == '\\' && pattern[at + 1] is 's' or 'S' or 'd' or 'D' or 'p' or 'P';

    // A class of characters by name. \w is not among them: what it holds differs between the two.
    private string Escape()
    {
        var c = pattern[at + 1];
        at += 2;
        if (c is not ('p' or 'P'))
            return $"\\{c}";
        var end = at < pattern.Length && pattern[at] == '{' ? pattern.IndexOf('}', at) : -1;
        var name = end < 0 ? "" : pattern[(at + 1)..end];
        if (!Categories.Contains(name))
            throw new PatternSyntaxException($"the property '{name}' is not a general category such as L or Nd");
        at = end + 1;
        return $"\\{c}{{{name}}}";
    }

    // One character, written plainly or escaped.
    private char Character()
    {
        var c = pattern[at++];
        if (c == '\\')
        {
            if (at == pattern.Length)
                throw new PatternSyntaxException("it ends in a backslash");
            c = pattern[at++];
            if (char.IsAsciiLetterOrDigit(c))
                c = Named(c);
        }
        if (char.IsSurrogate(c) || AstralStandIn.InUse.Contains(c))
            throw new PatternSyntaxException("it names a character outside the basic plane or one of its rare stand-ins");
        return c;
    }

    private char Named(char c) => c switch
    {
        'r' => '\r',
        'n' => '\n',
        't' => '\t',
        'f' => '\f',
        'v' => '\v',
        'u' => Hex(4),
        'x' => Hex(2),
        _ => throw new PatternSyntaxException($"the escape '\\{c}' is not supported"),
    };

    private char Hex(int digits)
    {
        if (at + digits <= pattern.Length
            && ushort.TryParse(pattern.AsSpan(at, digits), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var value))
        {
            at += digits;
            return (char)value;
        }
        throw new PatternSyntaxException($"an escape needs {digits} hexadecimal digits");
    }

    private static string Quote(char c) => char.IsAsciiLetterOrDigit(c) || c > '\u007F' ? c.ToString() : $"\\u{(int)c:X4}";
}
