using System.Text.Json.Nodes;

namespace ForgePrune.Onnx.Tests.Checkpoints;

/// <summary>What a random config says of positions: how queries and keys turn, and which layers slide.</summary>
/// <param name="alternates">Whether layers slide by their place.</param>
internal sealed class RandomPositions(Dice dice, JsonObject config, string family, bool alternates)
{
    /// <summary>Base, scaling and share, in any of the places where configs have them.</summary>
    public void DrawRotation(int headDim)
    {
        // An even number of elements, with some room for the cut.
        double? share = family == "phi3" && dice.Chance(2) ? (2 * dice.Next(1, (headDim / 2) + 1) + 0.5) / headDim : null;
        if (share > 1)
            share = 1;
        var pairs = share is { } part ? (int)(headDim * part) / 2 : headDim / 2;

        double? theta = dice.Chance(6) ? null : dice.Any(500.0, 10000, 1e6);
        var rope = new JsonObject();
        if (dice.Chance(2))
        {
            rope[dice.Any("rope_type", "type")] = "llama3";
            (rope["factor"], rope["low_freq_factor"], rope["high_freq_factor"], rope["original_max_position_embeddings"]) =
                (dice.Any(2.0, 8, 32), 1.0, 4.0, dice.Any(16, 64, 8192));
        }
        else if (dice.Chance(2))
            rope["rope_type"] = "default";
        else if (family == "phi3" && dice.Chance(2))
        {
            rope[dice.Any("rope_type", "type")] = dice.Any("longrope", "su", "yarn");
            rope["original_max_position_embeddings"] = dice.Any(16, 32, 4096);
            (rope["short_factor"], rope["long_factor"]) = (Divisors(), Divisors());
            if (dice.Chance(3))
                rope["attention_factor"] = 1.3;
        }
        else if (dice.Chance(2) && family != "phi3")
        {
            var kind = dice.Any("linear", "dynamic", "yarn");
            (rope[dice.Any("rope_type", "type")], rope["factor"]) = (kind, dice.Any(2.0, 8));
            if (kind == "yarn" && dice.Chance(2))
                rope["original_max_position_embeddings"] = dice.Any(16, 64);
            if (kind == "yarn" && dice.Chance(2))
                (rope["beta_fast"], rope["beta_slow"]) = (dice.Any(4, 32.0), dice.Any(1, 0.5));
            if (kind == "yarn" && dice.Chance(3))
                rope["attention_factor"] = 1.2;
            if (kind == "yarn" && dice.Chance(3))
                (rope["mscale"], rope["mscale_all_dim"]) = (dice.Any(1, 0.7), dice.Any(1, 0.5));
            if (kind == "yarn" && dice.Chance(3))
                rope["truncate"] = dice.Chance(2);
        }

        JsonArray Divisors() => new([.. Enumerable.Range(0, pairs).Select(pair => (JsonNode)Math.Pow(1.2, dice.Next(pair + 1)))]);

        if (share is not null && dice.Chance(2))
            config["partial_rotary_factor"] = share;
        else if (share is not null)
            rope["partial_rotary_factor"] = share;
        // Where sliding layers turn unscaled by the same base, settings of no type of layer are those of all only if they scale nothing.
        switch (dice.Next(3) is var spelling && spelling == 1 && family == "olmo3" ? 0 : spelling)
        {
            case 0:
                config["rope_theta"] = theta;
                config["rope_scaling"] = rope.Count == 0 && dice.Chance(2) ? null : rope;
                break;
            case 1:
                Inside(rope);
                config["rope_parameters"] = rope;
                break;
            default:
                Inside(rope);
                if (share is null)
                    rope["partial_rotary_factor"] = 1.0;
                config["rope_parameters"] = new JsonObject { ["full_attention"] = rope };
                if (family == "gemma3_text")
                    config["rope_parameters"]!["sliding_attention"] = new JsonObject { ["rope_type"] = "default", ["rope_theta"] = dice.Any(100.0, 5000) };
                else if (family == "olmo3")
                    config["rope_parameters"]!["sliding_attention"] = new JsonObject { ["rope_type"] = "default", ["rope_theta"] = theta };
                else if (dice.Chance(2))
                    config["rope_parameters"]!["sliding_attention"] = rope.DeepClone();
                break;
        }

        void Inside(JsonObject rope)
        {
            if (theta is not null)
                rope["rope_theta"] = theta;
            if (dice.Chance(3))
                config["rope_theta"] = theta;
        }
    }

    /// <summary>Windows that some sequences reach.</summary>
    public void DrawWindow(int layers)
    {
        if (alternates)
            config["sliding_window"] = dice.Any(131072, 4, 1);
        else if (family == "mistral" || dice.Chance(2))
            config["sliding_window"] = dice.Chance(2) ? null : dice.Any(131072, 4, 1);
        if (family == "smollm3" && dice.Chance(2))
            config["use_sliding_window"] = dice.Chance(2);
        if (family.StartsWith("qwen", StringComparison.Ordinal) && dice.Chance(2))
            (config["use_sliding_window"], config["max_window_layers"]) = (config["sliding_window"] is null && dice.Chance(2), dice.Next(layers + 1));
        if (family.StartsWith("qwen", StringComparison.Ordinal) && !config.ContainsKey("sliding_window"))
            config["sliding_window"] = 131072;
        if (dice.Chance(3))
            config["layer_types"] = new JsonArray([.. Enumerable.Range(0, layers).Select(_ => (JsonNode)(
                config["sliding_window"] is not null && (alternates || family is "qwen2" or "qwen3" or "smollm3") && dice.Chance(2)
                    ? "sliding_attention" : "full_attention"))]);
        // Settings of one type of layer are no settings of another.
        if (config["rope_parameters"]?["full_attention"] is { } settings && config["rope_parameters"]!["sliding_attention"] is null
            && config["layer_types"]?.AsArray().Any(type => type!.GetValue<string>() == "sliding_attention") == true)
            config["rope_parameters"]!["sliding_attention"] = settings.DeepClone();
    }
}
