using System.Net;
using System.Text.RegularExpressions;

namespace ForgePrune.Cli.Tests.EndToEnd;

/// <summary>What a reader sees of a page, whatever its markup: the texts between tags, each with single spaces.</summary>
internal static partial class PageText
{
    public static string[] Read(string path) =>
    [
        .. Tag().Split(Unseen().Replace(File.ReadAllText(path), ""))
            .Select(text => Spaces().Replace(WebUtility.HtmlDecode(text), " ").Trim()).Where(text => text.Length > 0),
    ];

    [GeneratedRegex("<(style|script)[^>]*>.*?</\\1>", RegexOptions.Singleline)]
    private static partial Regex Unseen();

    [GeneratedRegex("<[^>]*>")]
    private static partial Regex Tag();

    [GeneratedRegex("\\s+")]
    private static partial Regex Spaces();
}
