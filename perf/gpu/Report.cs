using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace ForgePrune.GpuPerf;

/// <summary>All that was seen on one device: printed as it comes, and kept in a folder line by line, so that what ends a run early leaves what it
/// had.</summary>
internal sealed class Report
{
    public const string TableFile = "table.md", RawFile = "results.json";

    private static readonly JsonSerializerOptions Layout = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        NewLine = "\n",
        IgnoreReadOnlyProperties = true,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        // A difference may be infinite.
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    private readonly Machine machine;
    private readonly string? folder;
    private readonly List<CheckLine> checks = [];
    private readonly List<TableLine> rows = [];
    private readonly StringBuilder text = new();

    /// <param name="folder">Where it is kept; null for nowhere.</param>
    public Report(Machine machine, string? folder)
    {
        (this.machine, this.folder) = (machine, folder);
        Say(machine.Text);
        Say("");
    }

    /// <summary>Whether an answer was wrong.</summary>
    public bool HasWrong => checks.Exists(check => check.IsWrong) || rows.Exists(row => row.IsWrong);

    public void Add(CheckLine check)
    {
        checks.Add(check);
        Say(check.Text);
    }

    public void Add(TableLine row)
    {
        if (rows.Count == 0)
            Say(TableLine.Head);
        rows.Add(row);
        Say(row.Text);
    }

    private void Say(string line)
    {
        Console.WriteLine(line);
        text.Append(line).Append('\n');
        if (folder is null)
            return;
        Write(TableFile, text.ToString());
        Write(RawFile, JsonSerializer.Serialize(new Raw(machine, checks, rows), Layout) + "\n");
    }

    private void Write(string name, string text)
    {
        var (file, partial) = (Path.Combine(folder!, name), Path.Combine(folder!, name + ".partial"));
        File.WriteAllText(partial, text);
        File.Move(partial, file, overwrite: true);
    }

    private sealed record Raw(Machine Machine, IReadOnlyList<CheckLine> Checks, IReadOnlyList<TableLine> Rows);
}
