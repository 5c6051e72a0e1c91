using System.Text.RegularExpressions;
using ForgePrune.Reports;
using ForgePrune.Testing;

namespace ForgePrune.Tests.Reports;

[Parallelizable(ParallelScope.All)]
public sealed partial class ReportPageTests
{
    private const string Hostile = "</script><script>alert(\"1\")</script> & 'so' <b>";

    private static readonly Chart Made = new(Hostile, ChartKind.Bars, [Hostile, "1"], "x", "y", [new(Hostile, [1, null])], Hostile);

    [Test]
    public void Nothing_that_is_told_can_become_markup()
    {
        var page = new ReportPage(Hostile, Hostile);
        page.Section(Hostile, Hostile);
        page.Headline([(Hostile, Hostile, Hostile)]);
        page.Facts([(Hostile, Hostile)]);
        page.Quote(Hostile, Hostile);
        page.Code(Hostile);
        page.Table(new ReportTable(Hostile, [Hostile, Hostile], [[Hostile, new Cell(Hostile, 0.5, true)]]));
        page.Charts(Made);
        Assert.That(page.ToString(), Does.Not.Contain("alert(\"1\")").And.Not.Contain("<script>alert"));
        Assert.That(Regex.Count(page.ToString(), "</script>"), Is.EqualTo(Regex.Count(page.ToString(), "<script")));
    }

    [Test]
    public void A_page_loads_nothing_from_elsewhere()
    {
        var page = new ReportPage("title", "lead");
        page.Charts(Made);
        Assert.That(Loads().Matches(page.ToString()).Select(match => match.Value), Is.Empty);
    }

    [Test]
    public void A_table_names_itself_its_columns_and_its_rows()
    {
        var page = new ReportPage("title", "lead");
        page.Table(new ReportTable("Figures", ["layer", "kept"], [["0", new Cell("65 %", 0.65)]]));
        Assert.That(page.ToString(), Does.Contain("<caption>Figures</caption>").And.Contain("<th scope=col>kept</th>").And.Contain("<th scope=row>0</th>")
            .And.Contain("--share:65%").And.Contain("role=region"));
    }

    [Test]
    public void A_missing_fact_leaves_its_row_out()
    {
        var page = new ReportPage("title", "lead");
        page.Facts([("there", "1"), ("absent", null)]);
        Assert.That(page.ToString(), Does.Contain("there").And.Not.Contain("absent"));
    }

    [Test]
    public void A_chart_lies_in_the_page_with_the_library_that_draws_it()
    {
        var page = new ReportPage("title", "lead");
        page.Charts(new Chart("Speed", ChartKind.Intervals, ["prefill"], "", "ratio", [new("measured", [1.5], [1.4], [1.6])], "prefill 1.5x"));
        Assert.That(page.ToString(), Does.Contain("\"kind\":\"Intervals\"").And.Contain("\"low\":[1.4]").And.Contain("aria-label=\"prefill 1.5x\"")
            .And.Contain("var uPlot=").And.Contain("The MIT License"));
        Assert.That(page.ToString(), Does.Not.Contain("class=note"));
    }

    [Test]
    public void Series_over_numbers_carry_their_places()
    {
        var page = new ReportPage("title", "lead");
        page.Charts(new Chart("Front", ChartKind.Points, [], "speed", "KL", [new("a", [0.5], At: [1.25]), new("front", [0.5], At: [1.25], Joined: true)], "a"));
        Assert.That(page.ToString(), Does.Contain("\"kind\":\"Points\"").And.Contain("\"at\":[1.25],\"joined\":true"));
    }

    /// <summary>What makes a browser fetch: sources, links, style imports and URLs.</summary>
    [GeneratedRegex("""<link|<img|<iframe|\ssrc=|\shref=|@import|url\(|\bfetch\(|XMLHttpRequest|\bimport\(""", RegexOptions.IgnoreCase)]
    private static partial Regex Loads();
}
