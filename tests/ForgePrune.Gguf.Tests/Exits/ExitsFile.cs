using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.RegularExpressions;
using ForgePrune.Testing;

namespace ForgePrune.Gguf.Tests.Exits;

/// <summary>docs/exits.json: which runtime holds what, and what files of few bits are worth; the tables of docs/exits.md are made from it. With
/// FORGEPRUNE_WRITE_DOCS=1 the tests write both.</summary>
internal sealed record ExitsFile(RuntimeRow[] Runtimes, FileTable? Files, SpeedTable? Speeds = null)
{
    private static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        NewLine = "\n",
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    private static readonly string Place = Path.Combine(Shared.Root, "docs", "exits.json"), Page = Path.Combine(Shared.Root, "docs", "exits.md");

    public static bool Writes => Environment.GetEnvironmentVariable("FORGEPRUNE_WRITE_DOCS") == "1";

    public static ExitsFile Read() => JsonSerializer.Deserialize<ExitsFile>(File.ReadAllText(Place), Options)!;

    public void Write()
    {
        File.WriteAllText(Place, JsonSerializer.Serialize(this, Options) + "\n");
        File.WriteAllText(Page, Rendered(File.ReadAllText(Page)));
    }

    public static string PageText() => File.ReadAllText(Page);

    /// <summary>The page with the tables of this file.</summary>
    public string Rendered(string page) => Part(Part(Part(page, "runtimes", RuntimeTable()), "files", Files is null ? "" : FilesTable(Files)),
        "speeds", Speeds is null ? "Not measured on a quiet machine yet.\n" : SpeedsTable(Speeds));

    private static string Part(string page, string name, string table)
    {
        var marked = new Regex($"(<!-- {name}: made by ExitsPageTests -->\n).*?(<!-- end -->\n)", RegexOptions.Singleline);
        Assert.That(marked.Matches(page), Has.Count.EqualTo(1), name);
        return marked.Replace(page, match => match.Groups[1].Value + table + match.Groups[2].Value);
    }

    private string RuntimeTable()
    {
        var text = new StringBuilder("| runtime | heads per layer | FFN per layer | removed blocks | few bits | version, date |\n|---|---|---|---|---|---|\n");
        foreach (var row in Runtimes)
            text.Append($"| {row.Name} | {row.Heads} | {row.Ffn} | {row.Blocks} | {row.Quantized} | {row.Version}, {row.Date} |\n");
        return text.ToString();
    }

    private static string SpeedsTable(SpeedTable speeds)
    {
        var text = new StringBuilder("| in llama.cpp | dense | pruned | times as fast |\n|---|---|---|---|\n");
        foreach (var row in speeds.Rows)
        {
            text.Append(CultureInfo.InvariantCulture,
                $"| {row.Work} | {row.Dense:0.0} ms | {row.Pruned:0.0} ms | {row.Ratio:0.00} ({row.Low:0.00}–{row.High:0.00}) |\n");
        }

        return text.Append($"\n{speeds.Versions}, {speeds.Date}.\n").ToString();
    }

    private static string FilesTable(FileTable files)
    {
        var text = new StringBuilder("| file | written by | MB | KL from f32 |\n|---|---|---|---|\n");
        foreach (var file in files.Rows)
        {
            var kl = file.Kl == 0 ? "0" : file.Kl.ToString("0.0000", CultureInfo.InvariantCulture);
            text.Append(CultureInfo.InvariantCulture, $"| {file.Type} | {file.Writer} | {file.Bytes / 1e6:0.0} | {kl} |\n");
        }

        return text.Append($"\n{files.Versions}, {files.Date}.\n").ToString();
    }
}

/// <summary>What one runtime holds: tried, read (in its source), no, or a dash where it does not apply. Reports of runs show it, too.</summary>
/// <param name="Reads">The format that it takes: onnx, gguf, safetensors, or decilm.</param>
internal sealed record RuntimeRow(string Name, string Reads, string Heads, string Ffn, string Blocks, string Quantized, string Version, string Date);

/// <summary>A dense and a pruned model timed in turn.</summary>
internal sealed record SpeedTable(string Versions, string Date, SpeedRow[] Rows);

/// <param name="Dense">Milliseconds, the mean over openings of the median of turns.</param>
/// <param name="Pruned">The same of the pruned model.</param>
/// <param name="Ratio">Of the two, with its 95 % interval.</param>
internal sealed record SpeedRow(string Work, double Dense, double Pruned, double Ratio, double Low, double High);

/// <summary>Files of one pruned model.</summary>
internal sealed record FileTable(string Versions, string Date, FileRow[] Rows);

/// <param name="Kl">Mean KL divergence from the float32 file in nats per token.</param>
internal sealed record FileRow(string Type, string Writer, long Bytes, double Kl);
