using ForgePrune.Gguf.Container;
using ForgePrune.Gguf.Layers;
using ForgePrune.Model;

namespace ForgePrune.Gguf;

/// <summary>The keys that tell what a model computes.</summary>
/// <param name="layers">The layers of the file.</param>
internal sealed class ArchitectureKeys(GgufMetadata keys, ModelConfig config, GgufArchitecture architecture, IReadOnlyList<PackedLayer> layers)
{
    private const int QuantizationVersion = 2;

    // llama.cpp chooses between both lists of divisors by the length of the context.
    private readonly LongRopeScaling? extended = architecture.JoinsGateUp ? config.RopeScaling as LongRopeScaling : null;

    public void Add(GgufType type)
    {
        AddFile(type);
        AddSizes();
        AddRotation();
        AddWindow();
        AddFactors();
    }

    private void AddFile(GgufType type)
    {
        keys.Add("general.architecture", architecture.Name);
        keys.Add("general.type", "model");
        keys.Add("general.name", $"{config.Family}, {ModelSize.Of(config).Total} parameters");
        keys.Add("general.alignment", GgufWriter.Alignment);
        keys.Add("general.file_type", GgufTypes.FileType(type));
        if (GgufTypes.Codes(type) is not null)
            keys.Add("general.quantization_version", QuantizationVersion);
    }

    private void AddSizes()
    {
        keys.Add(Key("block_count"), layers.Count);
        keys.Add(Key("context_length"), extended?.ExtendedMaxPositions ?? config.MaxPositions);
        keys.Add(Key("embedding_length"), config.HiddenSize);
        keys.Add(Key("vocab_size"), config.VocabSize);
        AddPerLayer("attention.head_count", shape => shape.QueryHeads);
        AddPerLayer("attention.head_count_kv", shape => shape.KvHeads);
        AddPerLayer("feed_forward_length", shape => shape.Ffn);
        if (layers[0].Experts > 0)
        {
            keys.Add(Key("expert_count"), layers[0].Experts);
            keys.Add(Key("expert_used_count"), config.OneMlpKind.PerToken);
            keys.Add(Key("expert_feed_forward_length"), layers[0].Shape.Ffn);
        }

        keys.Add(Key("attention.key_length"), config.HeadDim);
        keys.Add(Key("attention.value_length"), config.HeadDim);
        keys.Add(Key("attention.layer_norm_rms_epsilon"), config.RmsNormEps);
    }

    private void AddRotation()
    {
        keys.Add(Key("rope.dimension_count"), config.RotaryWidth);
        keys.Add(Key("rope.freq_base"), config.RopeTheta);
        if (extended is not null)
            keys.Add(Key("rope.scaling.original_context_length"), extended.OriginalMaxPositions);
        if (architecture.Yarn && config.RopeScaling is YarnScaling yarn)
        {
            keys.Add(Key("rope.scaling.type"), yarn.Type);
            keys.Add(Key("rope.scaling.factor"), yarn.Factor);
            keys.Add(Key("rope.scaling.original_context_length"), yarn.OriginalMaxPositions);
        }
        else if (config.RopeScaling?.Attention is { } factor and not 1)
        {
            keys.Add(Key("rope.scaling.attn_factor"), factor);
        }

        if (architecture.LinearRope && config.RopeScaling is LinearScaling linear)
        {
            keys.Add(Key("rope.scaling.type"), linear.Type);
            keys.Add(Key("rope.scaling.factor"), linear.Factor);
        }

        if (config.LocalRopeTheta is { } local)
            keys.Add(Key("rope.freq_base_swa"), local);
    }

    private void AddWindow()
    {
        if (!architecture.Slides)
            return;
        // Where no position reaches the end of a window there is none, and the longest one says so.
        var window = Enumerable.Range(0, config.Layers.Count).Max(layer => config.KindOf(layer).Window);
        keys.Add(Key("attention.sliding_window"), window == 0 ? config.MaxPositions : window);
    }

    private void AddFactors()
    {
        if (architecture.Caps)
        {
            keys.Add(Key("attn_logit_softcapping"), config.ScoreCap!.Value);
            keys.Add(Key("final_logit_softcapping"), config.LogitCap!.Value);
        }

        if (architecture.Multiplies)
        {
            keys.Add(Key("embedding_scale"), config.EmbeddingScale);
            keys.Add(Key("attention.scale"), config.QueryScale);
            keys.Add(Key("residual_scale"), config.ResidualScale);
            keys.Add(Key("logit_scale"), config.LogitDivisor);
        }
    }

    private string Key(string name) => $"{architecture.Name}.{name}";

    private void AddPerLayer(string name, Func<LayerShape, int> value)
    {
        if (architecture.LayersDiffer)
            keys.Add(Key(name), [.. layers.Select(layer => value(layer.Shape))]);
        else
            keys.Add(Key(name), value(layers[0].Shape));
    }
}
