using ForgePrune.Forward;
using ForgePrune.IO;
using ForgePrune.Kernels;
using ForgePrune.Memory;
using ForgePrune.Model;
using ForgePrune.Tokens;

namespace ForgePrune.Calibration;

/// <summary>Runs the calibration text through the dense model, block by block, and writes one Gram file for the inputs of each output projection.
/// The weights of one layer and one Gram are in memory at a time, beside the hidden states of all windows.</summary>
public static class Calibrator
{
    /// <summary>The version of the result: it changes when the same model and text give different Grams, or when the file layout changes.</summary>
    public static StageFormat Format { get; } = new("calibration", 1);

    /// <summary>The hash of everything that the Grams of this model on this text depend on. Gram files carry it.</summary>
    public static SourceHash Source(IDecoderModel model, TokenWindows windows) =>
        SourceHash.Of(Format.ToString(), model.ContentHash, windows.Hash);

    /// <summary>Writes the missing Gram files into <paramref name="folder"/>. Files that an interrupted run finished are kept, and where the hidden
    /// states were stored last, layers before are not run again.</summary>
    /// <param name="model">The dense model.</param>
    /// <param name="runner">The forward pass of its blocks.</param>
    /// <param name="windows">The calibration text as token ids.</param>
    /// <param name="folder">The folder of the Gram files; it must exist.</param>
    /// <param name="device">The device that sums the Grams. In a pool, each member takes the next Gram.</param>
    /// <param name="progress">Receives the share of the layers that is done, from 0 to 1.</param>
    /// <param name="cancellation">Stops between two chunks of windows; finished files stay.</param>
    /// <exception cref="Errors.BadInputException">A file in <paramref name="folder"/> belongs to another model or text, a token id lies outside of the
    /// vocabulary, or an activation is infinite or NaN.</exception>
    /// <exception cref="Errors.BrokenEnvironmentException">A file cannot be written.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="cancellation"/> was requested.</exception>
    public static void Run(
        IDecoderModel model, IBlockRunner runner, TokenWindows windows, string folder, IPruningDevice device,
        IProgress<double>? progress = null, CancellationToken cancellation = default) =>
        Run(model, runner, windows, folder, device, StreamState.Usual, progress, cancellation);

    /// <param name="interval">The time between two stored states of the residual stream.</param>
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

    /// <summary>Whether all Gram files of the layer exist. A file from another source is an error.</summary>
    private static bool IsDone(LayerShape shape, int layer, string folder, SourceHash source) =>
        (!shape.HasAttention || GramFile.IsDone(GramFile.AttentionPath(folder, layer), source))
        & (!shape.HasMlp || GramFile.IsDone(GramFile.MlpPath(folder, layer), source));
}
