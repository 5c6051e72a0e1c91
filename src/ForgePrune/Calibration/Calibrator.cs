using ForgePrune.Forward;
using ForgePrune.IO;
using ForgePrune.Kernels;
using ForgePrune.Memory;
using ForgePrune.Model;
using ForgePrune.Tokens;

namespace ForgePrune.Calibration;

/// <summary>Streams the calibration text through the dense model block by block and leaves one Gram file per output projection.
/// One layer's weights and one Gram are resident at a time; the hidden states of all windows stay in memory.</summary>
public static class Calibrator
{
    /// <summary>Changes when the same model and text give other Grams, or files of another layout.</summary>
    public static StageFormat Format { get; } = new("calibration", 1);

    /// <summary>What the Grams of this model on these tokens are made from.</summary>
    public static SourceHash Source(IDecoderModel model, TokenWindows windows) =>
        SourceHash.Of(Format.ToString(), model.ContentHash, windows.Hash);

    /// <summary>Writes the missing Gram files into <paramref name="folder"/>. Files that an interrupted run finished are kept, and where the hidden
    /// states were stored last, layers before are not run again. Files of another model or text are refused.</summary>
    /// <param name="device">Where the Grams are summed. The members of a pool take Gram after Gram.</param>
    /// <param name="progress">Share of the layers done, 0 to 1.</param>
    public static void Run(
        IDecoderModel model, IBlockRunner runner, TokenWindows windows, string folder, IPruningDevice device,
        IProgress<double>? progress = null, CancellationToken cancellation = default) =>
        Run(model, runner, windows, folder, device, StreamState.Usual, progress, cancellation);

    /// <param name="interval">Between two states of the stream.</param>
    internal static void Run(
        IDecoderModel model, IBlockRunner runner, TokenWindows windows, string folder, IPruningDevice device, TimeSpan interval,
        IProgress<double>? progress = null, CancellationToken cancellation = default)
    {
        var source = Source(model, windows);
        var layers = model.Config.Layers;
        int[] missing = [.. Enumerable.Range(0, layers.Count).Where(layer => !IsDone(layers[layer], layer, folder, source))];
        var state = new StreamState(folder, source, interval);
        if (missing.Length == 0)
        {
            state.Forget();
            return;
        }

        var last = missing[^1];
        var stream = ResidualStream.Embed(model.ReadEmbedding(), windows, Widest(model.Config));
        using var line = new GramQueue(device);
        for (var layer = state.Resume(missing[0], stream); layer <= last; layer++)
        {
            var weights = model.ReadLayer(layer);
            if (weights.Attention is { } attention)
                Pass(stream, AttentionFile(layer), attention.Output.Cols, (x, capture) => runner.Attention(attention, weights.AttentionNorm, x, capture));
            if (weights.Mlp is { } mlp)
                Pass(stream, MlpFile(layer), mlp.Down.Cols, (x, capture) => runner.Mlp(mlp, weights.MlpNorm, x, capture));
            if (state.IsDue && layer < last)
            {
                line.Complete();
                state.Save(layer + 1, stream);
            }

            progress?.Report((layer + 1.0) / (last + 1));
        }

        line.Complete();
        state.Forget();
        return;

        (string, int, string) AttentionFile(int layer) => (GramFile.AttentionPath(folder, layer), layer, "attention");

        (string, int, string) MlpFile(int layer) => (GramFile.MlpPath(folder, layer), layer, "MLP");

        void Pass(ResidualStream x, (string Path, int Layer, string Block) file, int cols, Func<Activations, bool, BlockResult> block)
        {
            var stream = File.Exists(file.Path) ? null : line.Begin(cols);
            for (var chunk = 0; chunk < x.Chunks; chunk++)
            {
                cancellation.ThrowIfCancellationRequested();
                var result = block(x[chunk], stream is not null);
                stream?.Add(result.Inputs!);
                x[chunk] = result.Output;
                LargeArrays.Settle();
            }

            if (stream is not null)
                line.Finish(gram => GramFile.Write(file.Path, source, gram.IsFinite ? gram : throw CalibrationErrors.NotFinite(file.Layer, file.Block)));
        }
    }

    internal static int Widest(ModelConfig config) =>
        config.Layers.Max(layer => Math.Max(config.HiddenSize, Math.Max(layer.QueryHeads * config.HeadDim, layer.Ffn)));

    /// <summary>Whether the layer's Grams are there; what exists must fit.</summary>
    private static bool IsDone(LayerShape shape, int layer, string folder, SourceHash source) =>
        (!shape.HasAttention || GramFile.IsDone(GramFile.AttentionPath(folder, layer), source))
        & (!shape.HasMlp || GramFile.IsDone(GramFile.MlpPath(folder, layer), source));
}
