using ForgePrune.Model;

namespace ForgePrune.Checkpoints;

/// <summary>The ids that begin, end and fill up a text: in config.json, and in generation_config.json, by which Hugging Face generates.</summary>
internal static class TokenIdKeys
{
    /// <summary>The file whose ids win over those of config.json.</summary>
    public const string GenerationFile = "generation_config.json";

    private const string BeginKey = "bos_token_id", EndKey = "eos_token_id", PadKey = "pad_token_id";

    /// <summary>The value of old Llama configs for no padding id.</summary>
    private const int NoPad = -1;

    /// <param name="missing">The id where the key is missing; null in the file means none.</param>
    public static int? Begin(ConfigFields fields, int vocab, int? missing = null) => Ids(fields, BeginKey, vocab, missing) is [var begin, ..] ? begin : null;

    /// <returns>Null where the file says nothing.</returns>
    public static IReadOnlyList<int>? Ends(ConfigFields fields, int vocab, int? missing = null) => Ids(fields, EndKey, vocab, missing);

    public static int? Pad(ConfigFields fields, int vocab) =>
        fields.Int(PadKey, NoPad, int.MaxValue, NoPad) is var pad && pad == NoPad ? null : Inside(fields, PadKey, pad, vocab);

    /// <summary>The config with the ids that a generation_config.json in <paramref name="folder"/> names; what it leaves out or sets to null stays.</summary>
    /// <exception cref="Errors.BadInputException">The file is no JSON object, or an id in it is none of the vocabulary.</exception>
    public static ModelConfig ApplyGeneration(string folder, ModelConfig config)
    {
        string file = Path.Combine(folder, GenerationFile);
        if (!File.Exists(file))
            return config;
        var fields = new ConfigFields(JsonFile.Read(file), file);
        return config with
        {
            BosTokenId = Begin(fields, config.VocabSize) ?? config.BosTokenId,
            EosTokenIds = Ends(fields, config.VocabSize) ?? config.EosTokenIds,
            PadTokenId = Pad(fields, config.VocabSize) ?? config.PadTokenId,
        };
    }

    private static IReadOnlyList<int>? Ids(ConfigFields fields, string key, int vocab, int? missing)
    {
        if (fields.Ints(key, int.MaxValue) is { } ids)
            return ids.Select(id => Inside(fields, key, id, vocab)).ToArray();
        return fields.Has(key) || missing is null || missing >= vocab ? null : [missing.Value];
    }

    private static int Inside(ConfigFields fields, string key, int id, int vocab) => id < vocab
        ? id
        : throw fields.Bad($"{key} {id} lies outside the vocabulary of {vocab}", "set it to an id below vocab_size");
}
