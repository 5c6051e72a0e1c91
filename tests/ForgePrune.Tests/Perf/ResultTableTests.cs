using ForgePrune.Perf.Results;
using ForgePrune.Testing;

namespace ForgePrune.Tests.Perf;

public sealed class ResultTableTests
{
    [Test]
    public void The_table_of_the_benchmarks_is_the_one_that_the_records_give()
    {
        var page = File.ReadAllText(Shared.Restored("docs/benchmarks.md"));
        Assert.That(page, Is.EqualTo(ResultTable.Placed(page, ResultTable.Of(PerfRecord.ReadAll(Shared.Restored("perf/results"))))),
            "run: dotnet run -c Release --project perf/ForgePrune.Perf -- table perf/results docs/benchmarks.md");
    }

    [Test]
    public void A_record_comes_back_as_it_was_written()
    {
        using var folder = new TemporaryFolder();
        var row = new PerfRow("product", "gemm", 2, Ours: 100, Theirs: 95, Rate: 80, Roof: 100);
        new PerfRecord("a machine", 2, "2026-01-02", "10.0.1", "avx512", "OpenBLAS 1", [row]).Write(folder["one.json"]);
        var read = PerfRecord.ReadAll(folder.Path).Single();
        Assert.That(read.Rows, Is.EqualTo(new[] { row }));
        Assert.That(ResultTable.Of([read]), Does.Contain("| product | gemm | 2 | 100 ms | 95 ms | 0.95 | 80 | 80 % |").And.Contain("a machine").And
            .Contain("2026-01-02"));
    }

    [Test]
    public void A_page_without_the_marks_is_refused() =>
        Assert.That(() => ResultTable.Placed("text", "table"), Throws.InvalidOperationException.With.Message.Contains("<!-- perf/results -->"));
}
