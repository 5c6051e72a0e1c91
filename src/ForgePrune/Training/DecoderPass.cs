using ForgePrune.Forward;
using ForgePrune.Kernels;
using ForgePrune.Model;

namespace ForgePrune.Training;

/// <summary>The forward and backward pass of a whole decoder in float32, for any shapes of its layers. Removed blocks take no part, so nothing that
/// was removed has a weight that could grow. The result is the same for every number of threads.</summary>
internal sealed class DecoderPass
{
    private readonly ParameterLayout layout;
    private readonly IBlockPass[] blocks;
    private readonly PassBuffer[] streams;
    private readonly PassBuffer scales, states, gradient;
    private readonly int tokens, threads;

    /// <param name="layout">The layout of the weights.</param>
    /// <param name="windows">The largest number of windows of one pass.</param>
    /// <param name="tokens">The tokens of one window.</param>
    /// <param name="backward">Whether <see cref="Backward"/> will be called; without it all blocks share their memory.</param>
    public DecoderPass(ParameterLayout layout, int windows, int tokens, bool backward, int threads)
    {
        (this.layout, this.tokens, this.threads) = (layout, tokens, threads);
        var memory = new PassMemory(backward);
        var rotary = RotaryTable.Build(layout.Config, tokens);
        var rows = checked(windows * tokens);
        blocks = [.. layout.Config.Layers.SelectMany((shape, layer) => Blocks(shape, layer))];
        streams = [.. Enumerable.Range(0, blocks.Length + 1).Select(_ => memory.Kept("stream", rows, Hidden))];
        scales = memory.Kept("final-scales", rows, 1);
        (states, gradient) = (memory.Passing("states", rows, Hidden), memory.Passing("d-stream", rows, Hidden));

        IEnumerable<IBlockPass> Blocks(LayerShape shape, int layer)
        {
            if (shape.HasAttention)
                yield return new AttentionPass(layout, layer, rows, rotary, memory, threads);
            if (shape.HasMlp)
                yield return new MlpPass(layout, layer, rows, memory, threads);
        }
    }

    private int Hidden => layout.Config.HiddenSize;

    /// <summary>The hidden states after the final norm, ids.Length × hidden; valid until the next call.</summary>
    /// <param name="weights">All weights, in the layout.</param>
    /// <param name="ids">The ids of whole windows.</param>
    public Span<float> Forward(float[] weights, ReadOnlySpan<int> ids)
    {
        var rows = ids.Length;
        if (rows % tokens != 0)
            throw new ArgumentException($"{rows} ids are no whole windows of {tokens}", nameof(ids));
        EmbeddingRows.Gather(layout.Of(weights, TensorRole.Embedding), layout.Config.VocabSize, Hidden, ids, Stream(0, rows));
        for (var block = 0; block < blocks.Length; block++)
        {
            if (streams[block + 1] != streams[block])
                Stream(block, rows).CopyTo(Stream(block + 1, rows));
            blocks[block].Forward(weights, rows, Stream(block, rows), Stream(block + 1, rows));
        }

        var result = states.Of(rows, Hidden);
        RmsNorm.Forward(Stream(blocks.Length, rows), rows, Hidden, layout.Of(weights, TensorRole.FinalNorm), layout.Config.RmsNormEps, result,
            scales.Of(rows, 1), threads);
        return result;
    }

    /// <summary>Adds the gradients of all weights except the head, for the ids of the last <see cref="Forward"/>.</summary>
    /// <param name="gradients">The gradients, in the layout.</param>
    /// <param name="dStates">The gradient of the hidden states, ids.Length × hidden.</param>
    public void Backward(float[] weights, float[] gradients, ReadOnlySpan<int> ids, ReadOnlySpan<float> dStates)
    {
        var rows = ids.Length;
        var d = gradient.Of(rows, Hidden);
        d.Clear();
        RmsNorm.Backward(Stream(blocks.Length, rows), rows, Hidden, layout.Of(weights, TensorRole.FinalNorm), scales.Of(rows, 1), dStates, d,
            layout.Of(gradients, TensorRole.FinalNorm), threads);
        for (var block = blocks.Length - 1; block >= 0; block--)
            blocks[block].Backward(weights, gradients, rows, Stream(block, rows), d);
        EmbeddingRows.ScatterAdd(d, ids, layout.Config.VocabSize, Hidden, layout.Of(gradients, TensorRole.Embedding), threads);
    }

    private Span<float> Stream(int index, int rows) => streams[index].Of(rows, Hidden);
}
