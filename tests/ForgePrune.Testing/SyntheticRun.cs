using ForgePrune.Tokens;
using ForgePrune.Tokens.Text;

namespace ForgePrune.Testing;

/// <summary>What a pruning run of seconds needs: a tiny checkpoint with random weights and token windows beside it.</summary>
public static class SyntheticRun
{
    public const int Vocab = 200, Window = 32, Windows = 24, Seed = 31;

    /// <summary>Writes <c>model</c> and <c>text.bin</c> into <paramref name="folder"/>.</summary>
    public static void Write(TemporaryFolder folder, int layers = 3, int ffn = 128)
    {
        // A head of its own: with a tied one they repeat their last token.
        var config = SyntheticModels.Config(layers, hidden: 64, headDim: 16, kvHeads: 2, queryHeads: 4, ffn, Vocab) with { TiedEmbeddings = false };
        using (var model = SyntheticModels.Random(config, Seed))
            SyntheticCheckpoint.Write(model, folder["model"]);
        WriteText(folder["text.bin"], Windows);
    }

    public static void WriteText(string path, int windows, int vocab = Vocab)
    {
        var random = new Random(Seed);
        TokenFile.Write(path, new TokenWindows(Window, [.. Enumerable.Range(0, windows * Window).Select(_ => random.Next(3, vocab))]));
    }
}
