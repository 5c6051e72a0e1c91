using System.Globalization;
using ForgePrune.Model;

namespace ForgePrune.Checkpoints;

/// <summary>Refuses configs whose layers see only a window of the past. A window as long as the longest position changes nothing.</summary>
internal static class SlidingWindow
{
    private const string Sliding = "sliding_attention";

    /// <summary>The window of transformers' classes where the key is missing.</summary>
    private const int DefaultWindow = 4096;

    public static void Check(ConfigFields fields, ModelFamily family, int layers, int positions)
    {
        if (Window(fields, family, layers) is { } window && window < positions)
            throw fields.Bad(
                string.Create(CultureInfo.InvariantCulture,
                    $"sliding_window {window} is shorter than max_position_embeddings {positions} and windowed attention is not supported"),
                string.Create(CultureInfo.InvariantCulture, $"set max_position_embeddings to {window} to work within the window"));
    }

    private static int? Window(ConfigFields fields, ModelFamily family, int layers)
    {
        bool? slides = Slides(fields, layers);
        bool opted = family.SlidingWindow == SlidingWindowRule.Opted && fields.Bool("use_sliding_window", false)
            && fields.Int("max_window_layers", 0, int.MaxValue, 28) < layers;
        if (slides == true && fields.IsNull("sliding_window"))
            throw fields.Bad($"layer_types has {CheckpointErrors.Quote(Sliding)} and sliding_window is null",
                "set sliding_window, or name the layers full_attention");
        bool windowed = family.SlidingWindow switch
        {
            SlidingWindowRule.None => slides == true,
            // Mistral's class windows all layers, whatever layer_types says.
            SlidingWindowRule.Always => true,
            _ => slides ?? opted,
        };
        return !windowed || fields.IsNull("sliding_window") ? null : fields.Int("sliding_window", 1, int.MaxValue, DefaultWindow);
    }

    /// <summary>Whether layer_types has a windowed layer; null where it is missing.</summary>
    private static bool? Slides(ConfigFields fields, int layers)
    {
        if (fields.Strings("layer_types") is not { } types)
            return null;
        if (types.Count < layers)
            throw fields.Bad($"layer_types names {types.Count} layers where num_hidden_layers is {layers}", "name the type of every layer");
        foreach (string type in types)
            if (type is not ("full_attention" or Sliding))
                throw fields.Bad($"layer_types has {CheckpointErrors.Quote(type)}", "use a model of full_attention layers");
        return types.Contains(Sliding);
    }
}
