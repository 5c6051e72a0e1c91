using System.Text.Json.Nodes;
using ForgePrune.Testing;

namespace ForgePrune.Tests.Tokens;

/// <summary>The original: Hugging Face's own tokenizers library.</summary>
/// <remarks>Its .NET wrapper always adds the special tokens when it encodes and leaves them out when it decodes. A copy of the file whose
/// post-processor is gone and whose added tokens are plain ones gives the ids of the text alone, and text for all ids.</remarks>
internal static class HuggingFaceReference
{
    public sealed record Answer(int[][] Ids, int[][] Special, string[] Decoded);

    public static Answer Encode(string path, IReadOnlyList<string> texts)
    {
        using var folder = new TemporaryFolder();
        using var whole = new Tokenizers.DotNet.Tokenizer(path);
        using var bare = new Tokenizers.DotNet.Tokenizer(folder.Write("tokenizer.json", Bare(File.ReadAllText(path))));
        int[][] Ids(Tokenizers.DotNet.Tokenizer tokenizer) => [.. texts.Select(text => tokenizer.Encode(text).Select(id => (int)id).ToArray())];
        var ids = Ids(bare);
        return new(ids, Ids(whole), [.. ids.Select(row => row.Length == 0 ? "" : bare.Decode([.. row.Select(id => (uint)id)]))]);
    }

    private static string Bare(string json)
    {
        var file = JsonNode.Parse(json)!;
        file["post_processor"] = null;
        foreach (var token in file["added_tokens"]?.AsArray() ?? [])
        {
            // Where nothing is said, a special token is matched in the text as it came.
            token!["normalized"] ??= token["special"]?.GetValue<bool>() != true;
            token["special"] = false;
        }

        return file.ToJsonString();
    }
}
