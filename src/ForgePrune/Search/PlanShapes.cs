using ForgePrune.Decilm;
using ForgePrune.Errors;
using ForgePrune.Model;

namespace ForgePrune.Search;

/// <summary>The shapes that a plan may have: all there are, or those that other programs than ONNX Runtime and llama.cpp hold as well.</summary>
public abstract class PlanShapes
{
    private protected PlanShapes()
    {
    }

    /// <summary>Every layer as it is best.</summary>
    public static PlanShapes Free { get; } = new FreeShapes();

    /// <summary>Every layer alike, and no block removed: the stock classes of the family hold the result.</summary>
    public static PlanShapes Uniform { get; } = new UniformShapes();

    /// <summary>Attention whole or removed, FFN widths in whole steps of 256, blocks free: what the DeciLM classes of vLLM, TensorRT-LLM, and MLX
    /// hold.</summary>
    public static PlanShapes Decilm { get; } = new DecilmShapes();

    /// <summary>All of them, the default first.</summary>
    public static IReadOnlyList<PlanShapes> All { get; } = [Free, Uniform, Decilm];

    /// <summary>The name that settings and the command line use.</summary>
    public abstract string Name { get; }

    /// <summary>The shapes of a name.</summary>
    /// <exception cref="BadInputException">There are none of that name.</exception>
    public static PlanShapes Parse(string name) => All.FirstOrDefault(shapes => shapes.Name == name)
        ?? throw new BadInputException($"the shapes '{name}' are unknown; use {string.Join(", ", All.Select(shapes => shapes.Name))}");

    /// <inheritdoc/>
    public override string ToString() => Name;

    /// <summary>FFN widths on offer are multiples of this, and the dense width.</summary>
    /// <param name="usual">The multiple of plans without conditions.</param>
    /// <param name="dense">The dense width.</param>
    internal virtual int FfnStep(int usual, int dense) => usual;

    /// <summary>Those of a layer's attention levels that a plan may have; the first, dense, among them.</summary>
    internal virtual IReadOnlyList<AttentionLevel> Attention(ModelConfig config, int layer, IReadOnlyList<AttentionLevel> levels) => levels;

    /// <summary>Those of a layer's widths that a plan may have; the first, dense, among them.</summary>
    internal virtual IReadOnlyList<int> Widths(IReadOnlyList<int> widths) => widths;

    /// <summary>Checks before any work that what these shapes are for holds the model.</summary>
    /// <param name="written">The dense model, with the biases that a refit adds.</param>
    /// <exception cref="BadInputException">It does not.</exception>
    internal virtual void Require(ModelConfig written)
    {
    }

    private sealed class FreeShapes : PlanShapes
    {
        public override string Name => "free";
    }

    private sealed class UniformShapes : PlanShapes
    {
        // Blocks of most 4-bit and 8-bit formats.
        private const int Block = 32;

        public override string Name => "uniform";

        internal override int FfnStep(int usual, int dense) => dense % Block == 0 && Block % usual == 0 ? Block : usual;

        /// <summary>Some classes ask for heads that divide the hidden size.</summary>
        internal override IReadOnlyList<AttentionLevel> Attention(ModelConfig config, int layer, IReadOnlyList<AttentionLevel> levels) =>
            [levels[0], .. levels.Skip(1).Where(level => level.QueryHeads > 0 && ModelFamilies.IsStock(config with
            {
                Layers = [config.Layers[layer] with { KvHeads = level.KvHeads, QueryHeads = level.QueryHeads }],
            }))];

        internal override IReadOnlyList<int> Widths(IReadOnlyList<int> widths) => [widths[0], .. widths.Skip(1).Where(width => width > 0)];

        internal override void Require(ModelConfig written)
        {
            if (!ModelFamilies.IsStock(written))
            {
                throw new BadInputException("`Shapes` uniform makes a model for the stock classes of its family, which do not hold this one: its layers "
                    + "differ, its heads do not divide its hidden size, or biases are added that the family has not; take free");
            }
        }
    }

    private sealed class DecilmShapes : PlanShapes
    {
        public override string Name => "decilm";

        internal override int FfnStep(int usual, int dense) => DecilmShape.FfnMultiple;

        /// <summary>The classes have one number of query heads for all layers, so that heads cannot go by themselves; and a KV group cannot go
        /// without its queries. The first layer keeps its attention: caches and masks are made for it.</summary>
        internal override IReadOnlyList<AttentionLevel> Attention(ModelConfig config, int layer, IReadOnlyList<AttentionLevel> levels) =>
            layer == 0 ? [levels[0]] : [levels[0], .. levels.Skip(1).Where(level => level.QueryHeads == 0)];

        internal override void Require(ModelConfig written) => DecilmShape.Require(written);
    }
}
