using ForgePrune.Cli.Parsing;
using ForgePrune.Methods;

namespace ForgePrune.Cli.Rendering;

/// <summary>A method's guide as a page of text.</summary>
internal static class MethodPage
{
    public static void Show(TextWriter writer, MethodGuide guide)
    {
        var text = new HelpText(writer);
        writer.WriteLine(guide.Methods.Count == 0 ? $"{guide.Name} (a study)" : string.Join(", ", guide.Methods.SelectMany(Names)));
        foreach (var paper in guide.Papers)
        {
            text.Line();
            text.Paragraph($"{paper.Authors}: {paper.Title}. {paper.Year}, arXiv {paper.ArXiv}.");
        }

        Section("What was published", guide.Published);
        Section("What is done here", guide.Here);
        if (guide.Differences.Count > 0)
        {
            Heading("What differs, and why");
            foreach (var difference in guide.Differences)
                text.Item("-", difference);
        }

        if (guide.Options.Count > 0)
        {
            Heading("Options of its own");
            text.Columns([.. guide.Options.Select(option => ($"{option.Name} <{option.Value}>", Described(guide, option)))]);
        }

        Heading("Example");
        for (var i = 0; i < guide.Example.Count; i++)
            text.Line((i == 0 ? "" : "  ") + guide.Example[i] + (i < guide.Example.Count - 1 ? " \\" : ""));

        void Heading(string heading)
        {
            text.Line();
            text.Heading(heading);
        }

        void Section(string heading, string paragraph)
        {
            Heading(heading);
            text.Paragraph(paragraph);
        }
    }

    private static IEnumerable<string> Names(string method) =>
        MethodCatalog.Aliases.Where(alias => alias.Value == method).Select(alias => alias.Key).Prepend(method);

    private static string Described(MethodGuide guide, MethodOption option) =>
        (option.Only is { } only && guide.Methods.Count > 1 ? $"({only}) " : "") + option.Help.Trim()
        + (option.Default is null ? "" : $" [default: {option.Default}]");
}
