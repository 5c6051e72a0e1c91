using ForgePrune.Kernels;
using ForgePrune.Model;

namespace ForgePrune.Onnx.Tests.Export.Written;

/// <summary>The weights that an export of a config must hold: name, element type and sizes, written down from the config alone.</summary>
internal sealed class ExpectedTensors
{
    private const int Float = 1, UInt8 = 2, MostStoredPositions = 4096;

    private readonly SortedSet<string> expected = new(StringComparer.Ordinal);
    private readonly QuantizationFormat? format, head;

    private ExpectedTensors(QuantizationFormat? format, QuantizationFormat? head) => (this.format, this.head) = (format, head);

    public static string Line(string name, long type, params IEnumerable<long> dims) => $"{name} {type} {string.Join("×", dims)}";

    public static SortedSet<string> Of(ModelConfig config, QuantizationFormat? format, QuantizationFormat? head)
    {
        var tensors = new ExpectedTensors(format, head);
        tensors.Frame(config);
        for (var layer = 0; layer < config.Layers.Count; layer++)
            tensors.Layer(config, config.Layers[layer], IsRotated(config, layer), $"layers.{layer}.");
        return tensors.expected;
    }

    private void Frame(ModelConfig config)
    {
        Vector("final_norm", config.HiddenSize);
        if (!config.TiedEmbeddings || head is null)
            Add("embed_tokens", Float, config.VocabSize, config.HiddenSize);
        if (head is not null)
            Codes("lm_head", head, config.HiddenSize, config.VocabSize, config.TiedEmbeddings);
        else if (!config.TiedEmbeddings)
            Add("lm_head", Float, config.HiddenSize, config.VocabSize);
        foreach (var (local, prefix) in new[] { (false, ""), (true, "local.") })
        {
            if (config.MaxPositions > MostStoredPositions || !Enumerable.Range(0, config.Layers.Count).Any(
                layer => config.Layers[layer].KvHeads > 0 && IsRotated(config, layer) && IsLocal(config, layer) == local))
                continue;
            Add(prefix + "rotary.cos", Float, config.MaxPositions, RotaryWidth(config) / 2);
            Add(prefix + "rotary.sin", Float, config.MaxPositions, RotaryWidth(config) / 2);
        }
    }

    private static bool IsLocal(ModelConfig config, int layer) => layer < config.Attention.Count && config.Attention[layer].Local;

    private static int RotaryWidth(ModelConfig config) => config.RotaryDim ?? config.HeadDim;

    private static bool IsRotated(ModelConfig config, int layer) => layer >= config.Attention.Count || !config.Attention[layer].Unrotated;

    private void Layer(ModelConfig config, LayerShape shape, bool rotated, string name)
    {
        var (hidden, queries, keys) = (config.HiddenSize, shape.QueryHeads * config.HeadDim, shape.KvHeads * config.HeadDim);
        if (keys > 0)
        {
            Vector(name + "input_norm", config.Norms == BlockNorms.Behind ? 0 : hidden);
            // Side by side in one product, unless each is normed or rotated apart.
            var apart = rotated && (config.HeadDim % 16 != 0 || RotaryWidth(config) % 16 != 0);
            (string Name, int Width)[] products = config.QkNorm || apart ? [("q", queries), ("k", keys), ("v", keys)] : [("qkv", queries + (2 * keys))];
            foreach (var (part, width) in products)
            {
                Product($"{name}attention.{part}", hidden, width);
                Vector($"{name}attention.{part}.bias", config.QkvBias ? width : 0);
            }

            Vector(name + "attention.q_norm", !config.QkNorm ? 0 : config.QkNormAcrossHeads ? queries : config.HeadDim);
            Vector(name + "attention.k_norm", !config.QkNorm ? 0 : config.QkNormAcrossHeads ? keys : config.HeadDim);
            Product(name + "attention.o", queries, hidden);
            Vector(name + "attention.o.bias", config.OutputBias ? hidden : 0);
            Vector(name + "attention.o.norm", config.Norms == BlockNorms.Before ? 0 : hidden);
        }

        if (shape.Ffn > 0)
        {
            Vector(name + "mlp_norm", config.Norms == BlockNorms.Behind ? 0 : hidden);
            foreach (var part in new[] { "gate", "up" })
            {
                Product($"{name}mlp.{part}", hidden, shape.Ffn);
                Vector($"{name}mlp.{part}.bias", config.GateUpBias ? shape.Ffn : 0);
            }

            Product(name + "mlp.down", shape.Ffn, hidden);
            Vector(name + "mlp.down.bias", config.DownBias ? hidden : 0);
            Vector(name + "mlp.down.norm", config.Norms == BlockNorms.Before ? 0 : hidden);
        }
    }

    private void Product(string name, int inputs, int outputs)
    {
        if (format is null)
            Add(name, Float, inputs, outputs);
        else
            Codes(name, format, inputs, outputs, gathered: false);
    }

    /// <param name="gathered">Rows are looked up too, by another name for the same bytes.</param>
    private void Codes(string name, QuantizationFormat how, int inputs, int outputs, bool gathered)
    {
        long blocks = (inputs + how.Block - 1) / how.Block, bytes = how.Block * how.Bits / 8;
        Add(name, UInt8, outputs, blocks, bytes);
        Add(name + ".scales", Float, outputs, blocks);
        if (!how.Symmetric)
            Add(name + ".zeros", UInt8, outputs, ((blocks * how.Bits) + 7) / 8);
        if (gathered)
            Add(name + ".rows", UInt8, outputs, blocks * bytes);
    }

    private void Vector(string name, int length)
    {
        if (length > 0)
            Add(name, Float, length);
    }

    private void Add(string name, int type, params long[] dims) => expected.Add(Line(name, type, dims));
}
