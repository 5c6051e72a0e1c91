using ForgePrune.Checkpoints;
using ForgePrune.Tokens;

namespace ForgePrune.Methods.TrainLarge;

/// <summary>The tokenizer of a study.</summary>
/// <param name="Tokenizer">Null where the model has none; then its text can only be token ids.</param>
/// <param name="Source">Where it lies.</param>
/// <param name="Companions">What lies around it, and is taken along with it.</param>
/// <param name="Size">Ids that a model must know.</param>
internal sealed record StudyVocabulary(Tokenizer? Tokenizer, TokenizerSource? Source, Companions Companions, int Size, int? Bos, IReadOnlyList<int> Eos)
{
    private const string FileName = "tokenizer.json";

    /// <param name="path">A model, or a folder with a tokenizer.json and no model.</param>
    /// <param name="text">What is trained on: token ids need no tokenizer.</param>
    /// <exception cref="Errors.BadInputException">It is neither.</exception>
    public static StudyVocabulary Open(string path, string text)
    {
        var file = Path.Combine(path, FileName);
        if (File.Exists(file) && !File.Exists(Path.Combine(path, "config.json")))
        {
            var alone = TokenizerReader.Load(path);
            var source = new TokenizerSource(TokenizerFormat.HuggingFace, file, 0, new FileInfo(file).Length);
            return new(alone, source, Companions.Of(source, path), alone.VocabSize, alone.BeginTokenId, []);
        }

        using var model = DecoderModel.Open(path);
        var tokenizer = ModelTokenizer.For(model, text);
        return new(tokenizer, model.Tokenizer, Companions.Of(model), model.Config.VocabSize, ModelTokenizer.Begin(model.Config, tokenizer),
            model.Config.EosTokenIds);
    }
}
