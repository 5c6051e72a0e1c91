using ForgePrune.Model;
using ForgePrune.Tokens;
using ForgePrune.Tokens.Text;

namespace ForgePrune.Checkpoints;

/// <summary>The tokenizer beside a checkpoint.</summary>
public static class ModelTokenizer
{
    /// <summary>Reads the tokenizer of a checkpoint.</summary>
    /// <returns>The tokenizer; null where the checkpoint has none.</returns>
    /// <exception cref="Errors.BadInputException">The tokenizer is damaged or of an unsupported kind.</exception>
    public static Tokenizer? Of(CheckpointModel model) => model.Tokenizer switch
    {
        null => null,
        { Format: TokenizerFormat.Llama2c } table => TokenizerReader.LoadLlama2C(table.Path, table.Offset, table.Length, model.Config.VocabSize),
        { } file => TokenizerReader.Load(file.Path),
    };

    /// <summary>Reads the tokenizer for a text file. A file of token ids needs none, so the result is null.</summary>
    /// <inheritdoc cref="Of"/>
    public static Tokenizer? For(CheckpointModel model, string text) => Windows.HoldIds(text) ? null : Of(model);

    /// <summary>The id at the start of every window of text: that of the tokenizer, or that of the config where there is no tokenizer; null for
    /// none.</summary>
    public static int? Begin(ModelConfig config, Tokenizer? tokenizer) => tokenizer is null ? config.BosTokenId : tokenizer.BeginTokenId;

    /// <summary>A note for a text whose tokenizer names a BOS token and does not add it; null in all other cases.</summary>
    public static string? Unbegun(string text, Tokenizer? tokenizer) => tokenizer is not { BeginTokenId: null, BosTokenId: { } bos } ? null
        : $"{text} is read without the BOS id {bos}, as the tokenizer says; where the model was trained with it, set add_bos_token to true in its tokenizer_config.json";
}
