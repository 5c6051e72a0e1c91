using ForgePrune.Model;

namespace ForgePrune.Gguf.Layers;

/// <summary>The architecture of llama.cpp that computes what a model computes.</summary>
/// <param name="Name">The value of general.architecture, and the prefix of its keys.</param>
/// <param name="LayersDiffer">Heads and widths are lists, one entry for each layer; otherwise every layer has those of the first.</param>
/// <param name="TurnsPairs">Rotary embedding turns neighboring rows of a head; otherwise halves, as Hugging Face does.</param>
/// <param name="JoinsQkv">Query, key and value are one tensor.</param>
/// <param name="AlwaysAttends">No layer may be without attention.</param>
internal sealed record GgufArchitecture(
    string Name, bool LayersDiffer = false, bool TurnsPairs = false, bool JoinsQkv = false, bool AlwaysAttends = false)
{
    private static readonly GgufArchitecture Llama = new("llama", TurnsPairs: true), Qwen2 = new("qwen2"), Qwen3 = new("qwen3"),
        Deci = new("deci", LayersDiffer: true, TurnsPairs: true), OpenElm = new("openelm", LayersDiffer: true, JoinsQkv: true, AlwaysAttends: true);

    /// <summary>Llama, mistral and qwen2 with unequal layers are written as deci, a tied qwen3 as openelm, since llama.cpp's own architectures take every
    /// layer to be like the first. Mistral has no architecture of its own, and qwen2's knows biases of q, k and v only and no scaled rope: what goes
    /// beyond is written as llama, which computes the same.</summary>
    /// <exception cref="Errors.BadInputException">There is no such architecture.</exception>
    public static GgufArchitecture Of(ModelConfig config)
    {
        RequireExpressible(config);
        var uniform = config.Layers.Count > 0 && config.Layers.All(layer => layer == config.Layers[0] && layer.HasAttention && layer.HasMlp);
        if (config.QkNorm)
            return uniform ? Qwen3 : config.TiedEmbeddings ? OpenElm : throw GgufErrors.UnequalUntied();
        if (!uniform)
            return Deci;
        var plain = config is { QkvBias: true, OutputBias: false, GateUpBias: false, DownBias: false, RopeScaling: null };
        return config.Family == "qwen2" && plain ? Qwen2 : Llama;
    }

    private static void RequireExpressible(ModelConfig config)
    {
        if (!config.QkNorm)
            return;
        if (config.QkvBias || config.OutputBias || config.GateUpBias || config.DownBias)
            throw GgufErrors.NormsAndBiases();
        if (config.RopeScaling is not null)
            throw GgufErrors.NormsAndScaling();
    }
}
