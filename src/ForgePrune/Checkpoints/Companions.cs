using System.Security.Cryptography;
using ForgePrune.IO;

namespace ForgePrune.Checkpoints;

/// <summary>Hashes of the small files beside a model's weights: a changed one must reach every result that it enters.</summary>
/// <param name="Text">Over what turns text into ids, says where a text begins and ends, and writes ids as text.</param>
/// <param name="All">Over everything that an export may take along or be told by: tokenizer, chat templates, generation settings, and the config as it is
/// written, with ids and keys that no weight depends on.</param>
internal sealed record Companions(string Text, string All)
{
    private static readonly string[] TextNames = ["tokenizer_config.json", "special_tokens_map.json", "added_tokens.json", "generation_config.json"];

    // By kind, not by name: publishers invent names faster than lists grow. Weights and their index are hashed as the model.
    private static readonly string[] Endings = [".json", ".jinja", ".txt", ".model"];

    private const string IndexEnding = ".index.json";

    public static Companions Of(CheckpointModel model) => Of(model.Tokenizer, Directory.Exists(model.Path) ? model.Path : null);

    /// <param name="folder">The folder of the model; null where the files around the tokenizer do not belong to it.</param>
    public static Companions Of(TokenizerSource? tokenizer, string? folder)
    {
        string[] own = tokenizer is null ? ["no tokenizer"] : [$"{tokenizer.Format}", HashOf(tokenizer)];
        if (folder is null)
            return new(SourceHash.Of(own).Hex, SourceHash.Of(own).Hex);
        return new(Hash(TextNames.Where(name => File.Exists(Path.Combine(folder, name)))), Hash(Names(folder)));

        string Hash(IEnumerable<string> names) =>
            SourceHash.Of([.. own, .. names.SelectMany(name => new[] { name, ManifestHash.OfFile(Path.Combine(folder, name)) })]).Hex;
    }

    private static IEnumerable<string> Names(string folder) => Directory.EnumerateFiles(folder)
        .Where(FileKind.IsRegular)
        .Select(path => Path.GetFileName(path))
        .Where(name => Endings.Contains(Path.GetExtension(name)) && !name.EndsWith(IndexEnding, StringComparison.Ordinal))
        .Order(StringComparer.Ordinal);

    /// <summary>A table may lie behind the weights in their file.</summary>
    private static string HashOf(TokenizerSource source)
    {
        using var file = File.OpenRead(source.Path);
        file.Position = source.Offset;
        var table = new byte[checked((int)source.Length)];
        file.ReadExactly(table);
        return Convert.ToHexStringLower(SHA256.HashData(table));
    }
}
