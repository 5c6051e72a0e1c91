using ForgePrune.Model;
using ForgePrune.Tokens;
using ForgePrune.Tokens.Text;

namespace ForgePrune.Checkpoints;

/// <summary>The tokenizer that lies beside a checkpoint.</summary>
public static class ModelTokenizer
{
    /// <returns>Null where the checkpoint has none.</returns>
    /// <exception cref="Errors.BadInputException">It cannot be read.</exception>
    public static Tokenizer? Of(CheckpointModel model) => model.Tokenizer switch
    {
        null => null,
        { Format: TokenizerFormat.Llama2c } table => TokenizerReader.LoadLlama2C(table.Path, table.Offset, table.Length, model.Config.VocabSize),
        { } file => TokenizerReader.Load(file.Path),
    };

    /// <summary>What reads a text; null, unread, for a file of token ids, which needs none.</summary>
    /// <inheritdoc cref="Of"/>
    public static Tokenizer? For(CheckpointModel model, string text) => Windows.HoldIds(text) ? null : Of(model);

    /// <summary>The id that every window of text begins with: what the tokenizer puts there, and the config's where there is no tokenizer.</summary>
    public static int? Begin(ModelConfig config, Tokenizer? tokenizer) => tokenizer is null ? config.BosTokenId : tokenizer.BeginTokenId;

    /// <summary>A sentence for whoever reads a text by a tokenizer that names BOS and does not put it; null for every other.</summary>
    public static string? Unbegun(string text, Tokenizer? tokenizer) => tokenizer is not { BeginTokenId: null, BosTokenId: { } bos } ? null
        : $"{text} is read without the BOS id {bos}, as the tokenizer says; where the model was trained with it, set add_bos_token to true in its tokenizer_config.json";
}
