using ForgePrune.Model;

namespace ForgePrune.Checkpoints;

/// <summary>Reads and writes how far back each layer sees. A window as long as the longest position changes nothing and is left out.</summary>
internal static class SlidingWindow
{
    private const string Sliding = "sliding_attention", Full = "full_attention", Window = "sliding_window", Types = "layer_types",
        First = "max_window_layers", Use = "use_sliding_window", Pattern = "sliding_window_pattern";

    /// <summary>The window of Mistral's, Qwen's, Gemma's and OLMo's classes where the key is missing.</summary>
    private const int DefaultWindow = 4096;

    /// <summary>What each layer does.</summary>
    /// <param name="unrotated">The layers without rotary embedding, which SmolLM3's class windows where it windows any.</param>
    public static AttentionKind[] Read(ConfigFields fields, ModelFamily family, int positions, IReadOnlyList<bool> unrotated)
    {
        var (slides, windows) = Windows(fields, family, positions, unrotated);
        bool local = family.TurnsLocally;
        return [.. unrotated.Select((plain, layer) => new AttentionKind { Unrotated = plain, Window = windows[layer], Local = local && slides[layer] })];
    }

    private static (bool[] Slides, int[] Windows) Windows(ConfigFields fields, ModelFamily family, int positions, IReadOnlyList<bool> unrotated)
    {
        int layers = unrotated.Count;
        string[]? types = LayerTypes(fields, layers);
        if (types?.Contains(Sliding) == true && fields.IsNull(Window))
            throw fields.Bad($"{Types} has {CheckpointErrors.Quote(Sliding)} and {Window} is null", $"set {Window}, or name the layers {Full}");
        if (types is null && family.SlidingWindow == SlidingWindowRule.Alternating && fields.IsNull(Window))
            throw fields.Bad($"{Window} is null where layers slide by their place", $"set {Window}, or name the layers {Full} in {Types}");
        bool opted = fields.Bool(Use, false);
        if (opted && family.SlidingWindow == SlidingWindowRule.Refused)
            throw fields.Bad($"{Use} is true, and windows of a {family.Name} are not read", $"set {Use} to false if the model was trained without");
        int first = family.SlidingWindow == SlidingWindowRule.Opted ? fields.Int(First, 0, int.MaxValue, 28) : 0;
        // The key is read by the class whose pattern it once was; the other has a pattern without a key.
        int full = family.SlidingWindow == SlidingWindowRule.Alternating
            ? family.ReadsPattern ? fields.Int(Pattern, 1, int.MaxValue, family.FullEvery) : family.FullEvery : 1;
        bool[] windowed = [.. Enumerable.Range(0, layers).Select(layer => family.SlidingWindow switch
        {
            SlidingWindowRule.None or SlidingWindowRule.Refused => types?[layer] == Sliding,
            // These classes window all layers, whatever layer_types says.
            SlidingWindowRule.Always or SlidingWindowRule.Given => true,
            _ when types is not null => types[layer] == Sliding,
            SlidingWindowRule.Alternating => (layer + 1) % full != 0,
            SlidingWindowRule.Unrotated => opted && unrotated[layer],
            _ => opted && layer >= first,
        })];
        if (family.SlidingWindow is SlidingWindowRule.None or SlidingWindowRule.Refused && windowed.Contains(true))
            throw fields.Bad($"{Types} has {CheckpointErrors.Quote(Sliding)}, and a {family.Name} has no windowed layers", $"name the layers {Full}");
        // transformers leaves a null out when it saves a config; ForgePrune wrote every window that there is.
        bool none = fields.IsNull(Window) || (fields.String("model_type") == ForgePruneKeys.ModelType && !fields.Has(Window));
        if (none || !windowed.Contains(true)
            || (family.SlidingWindow is SlidingWindowRule.Given or SlidingWindowRule.Unrotated && !fields.Has(Window)))
            return (windowed, new int[layers]);
        int window = fields.Int(Window, 1, int.MaxValue, DefaultWindow);
        return (windowed, [.. windowed.Select(has => has && window < positions ? window : 0)]);
    }

    /// <summary>Adds the keys of a family. Types stand in a list: patterns that follow from a layer's index shift where layers go.</summary>
    public static void Write(System.Text.Json.Nodes.JsonObject keys, ModelConfig config, ModelFamily family)
    {
        int[] windows = [.. config.Layers.Select((_, layer) => config.KindOf(layer).Window)];
        int window = windows.Max();
        if (family.SlidingWindow is SlidingWindowRule.Always or SlidingWindowRule.Given)
            keys[Window] = window == 0 ? null : window;
        if (family.SlidingWindow == SlidingWindowRule.Alternating)
        {
            // A window as long as the longest position stands for none where layers slide only by their rotation.
            keys[Window] = window == 0 ? config.MaxPositions : window;
            keys[Types] = new System.Text.Json.Nodes.JsonArray([.. windows.Select((width, layer) =>
                System.Text.Json.Nodes.JsonValue.Create(width > 0 || config.KindOf(layer).Local ? Sliding : Full))]);
        }

        if (family.SlidingWindow is not (SlidingWindowRule.Opted or SlidingWindowRule.Unrotated))
            return;
        keys[Use] = window > 0;
        if (window == 0)
            return;
        keys[Window] = window;
        if (family.SlidingWindow == SlidingWindowRule.Opted)
            keys[First] = Array.FindIndex(windows, width => width > 0);
        keys[Types] = new System.Text.Json.Nodes.JsonArray([.. windows.Select(width => System.Text.Json.Nodes.JsonValue.Create(width > 0 ? Sliding : Full))]);
    }

    /// <summary>Null where the key is missing.</summary>
    private static string[]? LayerTypes(ConfigFields fields, int layers)
    {
        if (fields.Strings(Types) is not { } types)
            return null;
        if (types.Count < layers)
            throw fields.Bad($"{Types} names {types.Count} layers where num_hidden_layers is {layers}", "name the type of every layer");
        foreach (string type in types)
            if (type is not (Full or Sliding))
                throw fields.Bad($"{Types} has {CheckpointErrors.Quote(type)}", $"use a model of {Full} and {Sliding} layers");
        return [.. types];
    }
}
