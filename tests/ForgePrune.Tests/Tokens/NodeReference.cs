using System.Diagnostics;
using System.Text.Json;
using ForgePrune.Testing;

namespace ForgePrune.Tests.Tokens;

/// <summary>An independent implementation: Hugging Face's JavaScript tokenizers, run by node.</summary>
internal static class NodeReference
{
    public sealed record Answer(int[][] Ids, int[][] Special, string[] Decoded);

    public static Answer Encode(string tokenizer, IReadOnlyList<string> texts)
    {
        Shared.Restored("tests/node/node_modules/@huggingface/tokenizers");
        var request = JsonSerializer.Serialize(new { tokenizer, texts });
        var start = new ProcessStartInfo("node", "tokenize.mjs")
        {
            WorkingDirectory = Path.Combine(Shared.Root, "tests/node"),
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEndAsync();
        process.StandardInput.Write(request);
        process.StandardInput.Close();
        process.WaitForExit();
        Assert.That(process.ExitCode, Is.Zero, errors.Result);
        return JsonSerializer.Deserialize<Answer>(output.Result, JsonSerializerOptions.Web)!;
    }
}
