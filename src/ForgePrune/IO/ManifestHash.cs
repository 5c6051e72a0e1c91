using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace ForgePrune.IO;

/// <summary>SHA-256 (lower-case hex) over canonical JSON: members sorted by ordinal name, no white space, numbers as they were written.
/// Two manifests are equal when these hashes are.</summary>
internal static class ManifestHash
{
    public static string Of(JsonNode? node) => Hex(SHA256.HashData(Encoding.UTF8.GetBytes(Canonical(node))));

    /// <summary>Hash of a file's bytes.</summary>
    public static string OfFile(string path)
    {
        using var stream = File.OpenRead(path);
        return Hex(SHA256.HashData(stream));
    }

    /// <summary>Hash of a text's UTF-8 bytes.</summary>
    public static string OfText(string text) => Hex(SHA256.HashData(Encoding.UTF8.GetBytes(text)));

    /// <summary>The text that is hashed.</summary>
    public static string Canonical(JsonNode? node)
    {
        var text = new StringBuilder();
        Append(text, node);
        return text.ToString();
    }

    private static void Append(StringBuilder text, JsonNode? node)
    {
        switch (node)
        {
            case JsonObject members:
                AppendAll(text, '{', '}', members.OrderBy(member => member.Key, StringComparer.Ordinal), member =>
                {
                    text.Append(JsonValue.Create(member.Key)!.ToJsonString()).Append(':');
                    Append(text, member.Value);
                });
                break;
            case JsonArray items:
                AppendAll(text, '[', ']', items, item => Append(text, item));
                break;
            default:
                text.Append(node?.ToJsonString() ?? "null");
                break;
        }
    }

    private static void AppendAll<T>(StringBuilder text, char open, char close, IEnumerable<T> items, Action<T> append)
    {
        text.Append(open);
        var first = true;
        foreach (var item in items)
        {
            if (!first)
                text.Append(',');
            first = false;
            append(item);
        }

        text.Append(close);
    }

    private static string Hex(byte[] hash) => Convert.ToHexStringLower(hash);
}
