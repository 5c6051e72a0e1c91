using System.Text;
using ForgePrune.Testing;

namespace ForgePrune.Packages.Tests;

/// <summary>A checkpoint of random weights that knows every text, and a text.</summary>
internal static class TinyModel
{
    /// <summary>The width of its residual stream.</summary>
    public const int Hidden = 64;

    private const int Seed = 5, Sentences = 400;

    private static readonly string[] Words = ["the", "cat", "that", "a", "hat", "at", "home", "then", "other", "water", "rat", "and"];

    /// <summary>Writes <c>model</c> and <c>text.txt</c> into a folder.</summary>
    /// <param name="name">The name of the checkpoint's folder.</param>
    public static void Write(TemporaryFolder folder, string name = "model")
    {
        var config = SyntheticModels.Config(layers: 3, Hidden, headDim: 16, kvHeads: 2, queryHeads: 4, ffn: 128, ByteTokenizer.Count)
            with
        { TiedEmbeddings = false, MaxPositions = 512 };
        using (var model = SyntheticModels.Random(config, Seed))
            SyntheticCheckpoint.Write(model, folder[name]);
        ByteTokenizer.Write(folder[name], begins: true);
        var random = new Random(Seed);
        var text = new StringBuilder();
        for (var sentence = 0; sentence < Sentences; sentence++)
            text.AppendJoin(' ', Enumerable.Range(0, 6).Select(_ => Words[random.Next(Words.Length)])).Append(".\n");
        folder.Write("text.txt", text.ToString());
    }
}
