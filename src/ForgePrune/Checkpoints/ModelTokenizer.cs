using ForgePrune.Tokens;

namespace ForgePrune.Checkpoints;

/// <summary>The tokenizer that lies beside a checkpoint.</summary>
public static class ModelTokenizer
{
    /// <returns>Null where the checkpoint has none.</returns>
    public static Tokenizer? Of(CheckpointModel model) => model.Tokenizer switch
    {
        null => null,
        { Format: TokenizerFormat.Llama2c } table => Tokenizer.LoadLlama2C(table.Path, table.Offset, table.Length, model.Config.VocabSize),
        { } file => Tokenizer.Load(file.Path),
    };
}
