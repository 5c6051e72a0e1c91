namespace ForgePrune.Model;

/// <summary>A model of text and images around a decoder of one of the families: the decoder's config stands under <c>text_config</c>, and its tensors have a
/// prefix. Given text alone, it computes what the decoder does.</summary>
/// <param name="Name"><c>model_type</c> of config.json.</param>
/// <param name="Architecture">The class in <c>architectures</c> that has a language-model head.</param>
/// <param name="Decoder"><c>model_type</c> of the decoder where <c>text_config</c> names none.</param>
internal sealed record WrapperForm(string Name, string Architecture, string Decoder)
{
    private static readonly string[] Parts = ["vision_tower.", "multi_modal_projector."];

    /// <summary>Those that are known.</summary>
    public static IReadOnlyList<WrapperForm> All { get; } =
    [
        new("gemma3", "Gemma3ForConditionalGeneration", "gemma3_text"),
        new("mistral3", "Mistral3ForConditionalGeneration", "mistral"),
        new("llava", "LlavaForConditionalGeneration", "llama"),
    ];

    /// <summary>The class without a head of its own.</summary>
    public string BaseArchitecture => Architecture.Replace("ForConditionalGeneration", "Model", StringComparison.Ordinal);

    /// <summary>Whether a list of classes names this model.</summary>
    public bool IsAmong(IReadOnlyList<string> architectures) => architectures.Contains(Architecture) || architectures.Contains(BaseArchitecture);

    /// <summary>Whether a tensor belongs to what makes images into embeddings.</summary>
    public static bool IsOfImages(string tensor) =>
        Parts.Any(part => tensor.StartsWith(part, StringComparison.Ordinal) || tensor.StartsWith("model." + part, StringComparison.Ordinal));
}
