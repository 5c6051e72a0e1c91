using System.Globalization;
using ForgePrune.Errors;

namespace ForgePrune.Gguf;

/// <summary>What GGUF, or llama.cpp reading it, cannot express.</summary>
internal static class GgufErrors
{
    private const string Cure = "export the model to ONNX, which holds it as it is";

    public static BadInputException UnknownType(string text) => new($"`Gguf` '{text}' is not offered; use {GgufTypes.Names}");

    public static BadInputException NormsAndBiases() =>
        new($"GGUF has no architecture with norms of queries and keys and with biases; {Cure}, or prune without refitted biases");

    public static BadInputException NormsAndScaling() =>
        new($"GGUF has no architecture with norms of queries and keys and with scaled rope; {Cure}");

    public static BadInputException UnequalUntied() =>
        new($"GGUF has no architecture for a qwen3 with a head of its own whose layers differ; {Cure}");

    public static BadInputException UnequalExperts() =>
        new($"llama.cpp takes all layers of a model with experts to be equal, heads, experts and all, and here they differ; {Cure}");

    public static BadInputException PlainShares() =>
        new($"llama.cpp divides the weights of a token's experts by their sum, and this model (norm_topk_prob false) does not; {Cure}");

    public static BadInputException BiasedExperts() =>
        new($"llama.cpp has no bias behind a block of experts; {Cure}");

    public static BadInputException Windows() =>
        new($"llama.cpp has no architecture for this family that limits how far its layers see back; {Cure}, or set max_position_embeddings to the window");

    public static BadInputException OwnFamilyOnly(string family) =>
        new($"llama.cpp computes what a {family} does only where all its layers are equal, without biases, with the width of heads, output head, "
            + $"windows, and rotary bases that it expects of the family; {Cure}");

    public static BadInputException Unrotated() =>
        new($"llama.cpp leaves out rotary embedding in every fourth layer of smollm3 and nowhere else, and takes its layers to be equal; {Cure}");

    public static BadInputException Partial() =>
        new("llama.cpp turns a part of each head only in phi3, whose layers it takes to be equal, without biases, and with heads that together are as wide as "
            + $"the hidden state; {Cure}");

    public static BadInputException OddHidden(int hidden, GgufType type) =>
        new($"{GgufTypes.Name(type)} stores rows in blocks of 32, and a hidden size of {hidden} is no multiple of it; take f16 or f32");

    public static BadInputException BeyondHalf(string tensor, double value) => new(string.Create(CultureInfo.InvariantCulture,
        $"{tensor} holds {value:0.###e+0}, which float16 cannot; take f32"));

    public static BadInputException Vocabulary(string file, string what) =>
        new($"{file}: llama.cpp knows no {what}, and would read texts as other ids; {Cure}");
}
