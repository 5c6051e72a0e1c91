using System.Numerics.Tensors;
using ForgePrune.Forward;
using ForgePrune.Kernels;
using ForgePrune.Model;

namespace ForgePrune.Training;

/// <summary>The forward and backward pass of a whole decoder in float32, for any shapes of its layers. Removed blocks take no part, so nothing that
/// was removed has a weight that could grow. The result is the same for every number of threads.</summary>
/// <remarks>What blocks keep for the backward pass may take <see cref="MostKept"/> bytes. Where it would take more, only the inputs of the blocks are kept,
/// and each block runs forward a second time right before its backward pass (gradient checkpointing: Chen and others 2016, arXiv 1604.06174), with the same
/// result.</remarks>
internal sealed class DecoderPass
{
    private const long MostKept = 2L << 30;

    private readonly ModelConfig config;
    private readonly IBlockPass[] blocks;
    private readonly PassBuffer[] streams;
    private readonly PassBuffer scales, states, gradient, again;
    private readonly int tokens, threads;
    private readonly bool repeats;

    /// <param name="layout">The layout of what is trained.</param>
    /// <param name="windows">The largest number of windows of one pass.</param>
    /// <param name="tokens">The tokens of one window.</param>
    /// <param name="backward">Whether <see cref="Backward"/> will be called; without it all blocks share their memory.</param>
    /// <param name="mostKept">The bytes that the blocks may keep; changes no result.</param>
    public DecoderPass(ParameterLayout layout, int windows, int tokens, bool backward, int threads, long mostKept = MostKept)
    {
        (config, this.tokens, this.threads) = (layout.Config, tokens, threads);
        var rows = checked(windows * tokens);
        repeats = backward && Whole(config, rows) > mostKept;
        PassMemory streamed = new(backward), memory = repeats ? new(false) : streamed;
        var tables = new[] { false, true }.Where(local => !local || config.LocalRopeTheta is not null)
            .ToDictionary(local => local, local => RotaryTable.Build(config.TurningAs(new() { Local = local }), tokens));
        blocks = [.. config.Layers.SelectMany((shape, layer) => Blocks(shape, layer))];
        streams = [.. Enumerable.Range(0, blocks.Length + 1).Select(_ => streamed.Kept("stream", rows, Hidden))];
        scales = memory.Kept("final-scales", rows, 1);
        (states, gradient) = (memory.Passing("states", rows, Hidden), memory.Passing("d-stream", rows, Hidden));
        again = memory.Passing("again", repeats ? rows : 0, Hidden);

        IEnumerable<IBlockPass> Blocks(LayerShape shape, int layer)
        {
            if (shape.HasAttention)
                yield return new AttentionPass(layout, layer, rows, tables[config.KindOf(layer).Local], memory, threads);
            if (shape.HasMlp)
                yield return new MlpPass(layout, layer, rows, memory, threads);
        }
    }

    private int Hidden => config.HiddenSize;

    /// <summary>The bytes that a forward pass keeps for the backward pass, from above.</summary>
    public static long Kept(ModelConfig config, long rows) =>
        Whole(config, rows) is var whole && whole <= MostKept ? whole : sizeof(float) * rows * config.Layers.Count * 2L * config.HiddenSize
            + config.Layers.Max(shape => sizeof(float) * rows * Inside(config, shape));

    private static long Whole(ModelConfig config, long rows) =>
        sizeof(float) * rows * config.Layers.Sum(shape => (2L * config.HiddenSize) + Inside(config, shape));

    // Projections and what attention gives; twice as many queries and keys where they have norms; what norms behind blocks read.
    private static long Inside(ModelConfig config, LayerShape shape) =>
        (5L * shape.QueryHeads * config.HeadDim) + (3L * shape.KvHeads * config.HeadDim) + (2L * shape.Ffn) + (config.NormsBehind ? 2L * config.HiddenSize : 0);

    /// <summary>The hidden states after the final norm, ids.Length × hidden; valid until the next call.</summary>
    /// <param name="ids">The ids of whole windows.</param>
    public Span<float> Forward(IPassWeights weights, ReadOnlySpan<int> ids)
    {
        var rows = ids.Length;
        if (rows % tokens != 0)
            throw new ArgumentException($"{rows} ids are no whole windows of {tokens}", nameof(ids));
        EmbeddingRows.Gather(weights.Of(TensorRole.Embedding), config.VocabSize, Hidden, ids, Stream(0, rows));
        Scale(Stream(0, rows), config.EmbeddingScale);
        for (var block = 0; block < blocks.Length; block++)
        {
            if (streams[block + 1] != streams[block])
                Stream(block, rows).CopyTo(Stream(block + 1, rows));
            blocks[block].Forward(weights, rows, Stream(block, rows), Stream(block + 1, rows));
        }

        var result = states.Of(rows, Hidden);
        RmsNorm.Forward(Stream(blocks.Length, rows), rows, Hidden, weights.Of(TensorRole.FinalNorm), config.RmsNormEps, result,
            scales.Of(rows, 1), threads);
        // Logits are linear in the states, so their factor is one of the states.
        Scale(result, config.LogitScale);
        return result;
    }

    /// <summary>Adds the gradients of all that is trained except the head, for the ids of the last <see cref="Forward"/>.</summary>
    /// <param name="dStates">The gradient of the hidden states, ids.Length × hidden.</param>
    public void Backward(IPassWeights weights, PassGradients gradients, ReadOnlySpan<int> ids, ReadOnlySpan<float> dStates)
    {
        var rows = ids.Length;
        var d = gradient.Of(rows, Hidden);
        d.Clear();
        if (config.LogitScale != 1)
        {
            // The states have been read, and their place is free.
            var scaled = states.Of(rows, Hidden);
            TensorPrimitives.Multiply(dStates[..scaled.Length], (float)config.LogitScale, scaled);
            dStates = scaled;
        }

        RmsNorm.Backward(Stream(blocks.Length, rows), rows, Hidden, weights.Of(TensorRole.FinalNorm), scales.Of(rows, 1), dStates, d,
            gradients.Of(TensorRole.FinalNorm), threads);
        for (var block = blocks.Length - 1; block >= 0; block--)
        {
            // What the last block kept is still there.
            if (repeats && block < blocks.Length - 1)
                blocks[block].Forward(weights, rows, Stream(block, rows), again.Of(rows, Hidden));
            blocks[block].Backward(weights, gradients, rows, Stream(block, rows), d);
        }

        if (gradients.Of(TensorRole.Embedding) is not { IsEmpty: false } embedding)
            return;
        Scale(d, config.EmbeddingScale);
        EmbeddingRows.ScatterAdd(d, ids, config.VocabSize, Hidden, embedding, threads);
    }

    private static void Scale(Span<float> x, double factor)
    {
        if (factor != 1)
            TensorPrimitives.Multiply(x, (float)factor, x);
    }

    private Span<float> Stream(int index, int rows) => streams[index].Of(rows, Hidden);
}
