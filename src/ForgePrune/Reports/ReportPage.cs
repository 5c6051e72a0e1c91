using System.Net;
using System.Text;
using System.Text.Json;

namespace ForgePrune.Reports;

/// <summary>One HTML file that needs nothing beside it: styles, plotting library and figures are inside. Light or dark as the reader's system is.</summary>
/// <param name="title">The title of the page.</param>
/// <param name="lead">The main result in one sentence.</param>
internal sealed class ReportPage(string title, string lead)
{
    private readonly StringBuilder body = new();

    public void Section(string heading, string? text = null)
    {
        body.Append($"<h2>{Html(heading)}</h2>\n");
        if (text is not null)
            body.Append($"<p>{Html(text)}</p>\n");
    }

    /// <summary>The figures to see first, large.</summary>
    public void Headline(IEnumerable<(string Name, string Value, string Note)> figures)
    {
        body.Append("<dl class=headline>\n");
        foreach (var (name, value, note) in figures)
            body.Append($"<div><dt>{Html(name)}</dt><dd><b>{Html(value)}</b> <span>{Html(note)}</span></dd></div>\n");
        body.Append("</dl>\n");
    }

    /// <summary>Names and values; a missing value leaves its row out.</summary>
    public void Facts(IEnumerable<(string Name, string? Value)> facts)
    {
        body.Append("<dl class=facts>\n");
        foreach (var (name, value) in facts)
        {
            if (value is not null)
                body.Append($"<dt>{Html(name)}</dt><dd>{Html(value)}</dd>\n");
        }
        body.Append("</dl>\n");
    }

    /// <summary>Text as it is, line ends kept.</summary>
    public void Quote(string name, string text) =>
        body.Append($"<figure class=quote><figcaption>{Html(name)}</figcaption><blockquote>{Html(text)}</blockquote></figure>\n");

    public void Code(string text) => body.Append($"<pre tabindex=0><code>{Html(text)}</code></pre>\n");

    public void Table(ReportTable table)
    {
        body.Append($"<div class=scroll tabindex=0 role=region aria-label=\"{Html(table.Caption)}\"><table>\n<caption>{Html(table.Caption)}</caption>\n<thead><tr>");
        foreach (var column in table.Columns)
            body.Append($"<th scope=col>{Html(column)}</th>");
        body.Append("</tr></thead>\n<tbody>\n");
        foreach (var row in table.Rows)
        {
            body.Append($"<tr><th scope=row>{Html(row[0].Text)}</th>");
            foreach (var cell in row.Skip(1))
                body.Append(Cell(cell));
            body.Append("</tr>\n");
        }
        body.Append("</tbody></table></div>\n");
    }

    public void Charts(params IEnumerable<Chart> charts)
    {
        body.Append("<div class=charts>\n");
        foreach (var chart in charts)
        {
            body.Append($"<figure class=chart><figcaption>{Html(chart.Title)}</figcaption><div class=plot role=img aria-label=\"{Html(chart.Summary)}\"></div>")
                .Append($"<script type=\"application/json\">{JsonSerializer.Serialize(chart, ChartJson.Default.Chart)}</script></figure>\n");
        }
        body.Append("</div>\n");
    }

    /// <summary>The whole file.</summary>
    public override string ToString()
    {
        var page = new StringBuilder();
        page.Append("<!doctype html>\n<html lang=en>\n<head>\n<meta charset=utf-8>\n<meta name=viewport content=\"width=device-width, initial-scale=1\">\n<meta name=color-scheme content=\"light dark\">\n");
        page.Append($"<title>{Html(title)}</title>\n<style>\n{ReportFiles.Text("report.css")}</style>\n");
        page.Append($"<style>{ReportFiles.Text(ReportFiles.LibraryStyle)}</style>\n");
        page.Append($"</head>\n<body>\n<main>\n<h1>{Html(title)}</h1>\n<p class=lead>{Html(lead)}</p>\n");
        page.Append(body).Append("</main>\n");
        page.Append($"<script>/*\nuPlot\n{ReportFiles.Text(ReportFiles.LibraryLicence)}*/\n{ReportFiles.Text(ReportFiles.Library)}</script>\n<script>\n{ReportFiles.Text("report.js")}</script>\n");
        return page.Append("</body>\n</html>\n").ToString();
    }

    private static string Cell(Cell cell)
    {
        var text = cell.Strong ? $"<b>{Html(cell.Text)}</b>" : Html(cell.Text);
        return cell.Bar is { } bar
            ? FormattableString.Invariant($"<td class=bar style=\"--share:{Math.Clamp(bar, 0, 1) * 100:0.##}%\"><span>{text}</span></td>")
            : $"<td>{text}</td>";
    }

    private static string Html(string text) => WebUtility.HtmlEncode(text);
}
