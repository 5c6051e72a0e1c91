using System.Text;
using System.Text.RegularExpressions;
using ForgePrune.Testing;

namespace ForgePrune.Cli.Tests;

/// <summary>A command of the tool as it stands in a fenced block of the README or of docs/.</summary>
/// <param name="Place">File and line, for whoever mends it.</param>
/// <param name="Needs">What it takes to run it, from the comment above its block, <c>&lt;!-- needs: … --&gt;</c>; null where a tiny model will do.</param>
internal sealed partial record DocsCommand(string Place, string[] Words, string? Needs)
{
    private const string Tool = "forgeprune", Fence = "```";

    /// <summary>All commands, in the order of the pages.</summary>
    public static IEnumerable<DocsCommand> All() => Pages().SelectMany(In);

    public static IEnumerable<string> Pages() =>
        Directory.GetFiles(Path.Combine(Shared.Root, "docs"), "*.md").Order(StringComparer.Ordinal).Prepend(Path.Combine(Shared.Root, "README.md"));

    public override string ToString() => $"{Place}: {string.Join(' ', Words)}";

    private static IEnumerable<DocsCommand> In(string path)
    {
        var lines = File.ReadAllLines(path);
        string? needs = null;
        var inside = false;
        for (var i = 0; i < lines.Length; i++)
        {
            if (lines[i].StartsWith(Fence, StringComparison.Ordinal))
            {
                inside = !inside;
                if (inside)
                    needs = i > 0 && Needing().Match(lines[i - 1]) is { Success: true } match ? match.Groups[1].Value : null;
            }
            else if (inside && Split(Whole(lines, i)) is { } words)
            {
                yield return new DocsCommand($"{Path.GetRelativePath(Shared.Root, path)}:{i + 1}", words, needs);
            }
        }
    }

    /// <summary>The line with those that continue it: after a backslash, or as the tool's help does, further in and beginning with an option.</summary>
    private static string Whole(string[] lines, int first)
    {
        var whole = new StringBuilder(lines[first]);
        for (var i = first + 1; i < lines.Length; i++)
        {
            var broken = whole.ToString().EndsWith('\\');
            if (!broken && !(Indent(lines[i]) > Indent(lines[first]) && lines[i].TrimStart().StartsWith("--", StringComparison.Ordinal)))
                break;
            if (broken)
                whole.Length--;
            whole.Append(' ').Append(lines[i].Trim());
        }

        return whole.ToString();
    }

    private static int Indent(string line) => line.Length - line.TrimStart().Length;

    /// <summary>What a shell would hand to the tool; null for other programs, for the usage line of a help page, and for the row of a table.</summary>
    private static string[]? Split(string line)
    {
        string[] words = [.. Word().Matches(line).Select(match => match.Value).TakeWhile(word => word[0] != '#')
            .Select(word => word.Replace("\"", "", StringComparison.Ordinal).Replace("'", "", StringComparison.Ordinal))
            .SkipWhile(word => Assignment().IsMatch(word))];
        return words is [Tool or "./" + Tool, [(>= 'a' and <= 'z') or '-', ..], ..] && !words.Any(word => word[0] is '<' or '[') ? words[1..] : null;
    }

    [GeneratedRegex("^<!-- needs: (.+) -->$")]
    private static partial Regex Needing();

    [GeneratedRegex("""(?:[^\s"']|"[^"]*"|'[^']*')+""")]
    private static partial Regex Word();

    [GeneratedRegex("^[A-Z_]+=")]
    private static partial Regex Assignment();
}
