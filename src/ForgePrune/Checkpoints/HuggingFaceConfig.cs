using ForgePrune.Model;

namespace ForgePrune.Checkpoints;

/// <summary>Reads a Hugging Face config.json into a <see cref="ModelConfig"/>, refusing what would change the model's mathematics without being
/// supported.</summary>
internal static class HuggingFaceConfig
{
    // The largest published dense decoders have 16384 wide layers, 126 of them and vocabularies of 262144: these limits only keep nonsense out.
    private const int MostHidden = 1 << 20, MostLayers = 4096, MostHeads = 1 << 14, MostVocab = 1 << 24, MostPositions = 1 << 30;

    /// <summary>The ids of a generation_config.json beside the file are read as well.</summary>
    /// <exception cref="Errors.BadInputException">A key is missing, wrong or not supported.</exception>
    public static ReadConfig Read(string file)
    {
        var whole = new ConfigFields(JsonFile.Read(file), file);
        WrapperForm? wrapper = WrapperKeys.Form(whole);
        ConfigFields fields = wrapper is null ? whole : WrapperKeys.Decoder(whole, wrapper);
        ModelFamily family = FamilyKey.Read(fields);
        return new(TokenIdKeys.ApplyGeneration(Path.GetDirectoryName(file)!, Read(fields, family)), family) { Wrapper = wrapper };
    }

    private static ModelConfig Read(ConfigFields fields, ModelFamily family)
    {
        ForeignKeys.Refuse(fields, family);
        int hidden = fields.Int("hidden_size", 1, MostHidden);
        int heads = fields.Int("num_attention_heads", 1, MostHeads);
        int kvHeads = fields.Int("num_key_value_heads", 1, MostHeads, fields.Has("num_key_value_heads") ? heads : family.DefaultKvHeads ?? heads);
        if (heads % kvHeads != 0)
            throw fields.Bad($"num_key_value_heads {kvHeads} does not divide num_attention_heads {heads}", "set it to a divisor");
        int vocab = fields.Int("vocab_size", 1, MostVocab);
        int ffn = fields.Int("intermediate_size", 1, MostHidden);
        int headDim = HeadDim(fields, family, hidden, heads);
        int layers = fields.Int("num_hidden_layers", 1, MostLayers);
        int positions = fields.Int("max_position_embeddings", 1, MostPositions, family.DefaultMaxPositions);
        CheckMatrix(fields, "vocab_size × hidden_size", vocab, hidden);
        CheckMatrix(fields, "num_attention_heads × head_dim × hidden_size", (long)heads * headDim, hidden);
        CheckMatrix(fields, "intermediate_size × hidden_size", ffn, hidden);
        bool attentionBias = family.ReadsAttentionBias && fields.Bool("attention_bias", false);
        bool mlpBias = family.ReadsMlpBias && fields.Bool("mlp_bias", false);
        RotarySettings rope = RopeKeys.Read(fields, family, headDim, positions);
        AttentionKind[] kinds = SlidingWindow.Read(fields, family, rope.Positions, NoRopeLayers.Read(fields, family, layers));
        var config = new ModelConfig
        {
            Family = family.Name,
            HiddenSize = hidden,
            HeadDim = headDim,
            VocabSize = vocab,
            MaxPositions = rope.Positions,
            RmsNormEps = fields.Double("rms_norm_eps", 0, 1, family.DefaultRmsNormEps),
            RopeTheta = rope.Theta,
            RotaryDim = rope.Width == headDim ? null : rope.Width,
            RopeScaling = rope.Scaling,
            LocalRopeTheta = rope.LocalTheta,
            TiedEmbeddings = fields.Bool("tie_word_embeddings", family.DefaultTied),
            QkvBias = family.QkvBiasAlways || attentionBias,
            OutputBias = attentionBias,
            GateUpBias = mlpBias,
            DownBias = mlpBias,
            QkNorm = family.QkNorm,
            QkNormAcrossHeads = family.QkNormAcrossHeads,
            Norms = family.Norms,
            Activation = family.Activation,
            BosTokenId = TokenIdKeys.Begin(fields, vocab, family.DefaultBos),
            EosTokenIds = TokenIdKeys.Ends(fields, vocab, family.DefaultEos) ?? [],
            PadTokenId = TokenIdKeys.Pad(fields, vocab),
            Attention = kinds.All(kind => kind == default) ? [] : kinds,
            Layers = Enumerable.Repeat(new LayerShape(kvHeads, heads, ffn), layers).ToArray(),
        };
        return ForgePruneKeys.Apply(fields, ScoreKeys.Read(fields, family, ExpertKeys.Read(fields, family, Multipliers.Read(fields, family, config))));
    }

    private static int HeadDim(ConfigFields fields, ModelFamily family, int hidden, int heads)
    {
        const int most = 1 << 14;
        int? missing = fields.Has("head_dim") && !fields.IsNull("head_dim") ? null : Missing();
        int headDim = fields.Int("head_dim", 2, most, missing);
        return headDim % 2 == 0
            ? headDim
            : throw fields.Bad($"head_dim {headDim} is odd where rotary embedding turns pairs", "set head_dim to the checkpoint's even head width");

        int Missing()
        {
            if (!fields.Has("head_dim") && family.DefaultHeadDim is { } width)
                return width;
            return hidden % heads == 0
                ? hidden / heads
                : throw fields.Bad($"hidden_size {hidden} is not a multiple of num_attention_heads {heads} and head_dim is missing", "add head_dim");
        }
    }

    private static void CheckMatrix(ConfigFields fields, string what, long rows, int cols)
    {
        if (rows * cols > Array.MaxLength)
            throw fields.Bad($"{what} is {rows * cols} values where one matrix may have at most {Array.MaxLength}", "check the sizes in the config");
    }
}

/// <summary>What a config.json says.</summary>
internal sealed record ReadConfig(ModelConfig Config, ModelFamily Family)
{
    /// <summary>The model that the decoder is a part of; null where it is the whole.</summary>
    public WrapperForm? Wrapper { get; init; }
}
