using ForgePrune.Model;

namespace ForgePrune.Methods.TrainLarge;

/// <summary>The made models of a study, Llama's architecture. Size k has k times the heads and FFN channels of size 1 in every layer. Depth and width
/// of the residual stream are the same for all, since pruning cannot narrow it: only so can a larger model become exactly as large as the
/// smallest.</summary>
internal static class StudySizes
{
    private const int Layers = 4, Hidden = 96, Heads = 2, Ffn = 128;

    /// <summary>A head has the weights of 32 channels, so what is left of a budget is always whole channels.</summary>
    private const int HeadDim = 24;

    private const int LeastPositions = 512;

    public static ModelConfig Config(int size, StudyVocabulary vocabulary, int window) => new()
    {
        Family = "llama",
        HiddenSize = Hidden,
        HeadDim = HeadDim,
        VocabSize = vocabulary.Size,
        MaxPositions = Math.Max(LeastPositions, window),
        RmsNormEps = 1e-5,
        RopeTheta = 10000,
        TiedEmbeddings = true,
        BosTokenId = vocabulary.Bos,
        EosTokenIds = vocabulary.Eos,
        Layers = [.. Enumerable.Repeat(new LayerShape(size * Heads, size * Heads, size * Ffn), Layers)],
    };
}
