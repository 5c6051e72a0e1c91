using ForgePrune.Forward;
using ForgePrune.IO;
using ForgePrune.Kernels;
using ForgePrune.Model;
using ForgePrune.Tokens;

namespace ForgePrune.Calibration;

/// <summary>Runs the calibration text through the dense model, block by block, and writes one Gram file for the inputs of each output projection.
/// The weights of one layer and one Gram are in memory at a time, beside the hidden states of all windows.</summary>
public static class Calibrator
{
    /// <summary>The version of the result: it changes when the same model and text give different Grams, or when the file layout changes.</summary>
    public static StageFormat Format { get; } = new("calibration", 2);

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

    /// <summary>Writes the missing Gram files of two texts in one pass, each into its own folder: the weights of every layer are read once. The files are,
    /// bit for bit, those of a run for each text, and either kind of run goes on where the other stopped.</summary>
    /// <param name="model">The dense model.</param>
    /// <param name="runner">The forward pass of its blocks.</param>
    /// <param name="fitting">The text that levels are fitted to, as token ids.</param>
    /// <param name="fittingFolder">The folder of its Gram files; it must exist.</param>
    /// <param name="validation">The text that they are judged on.</param>
    /// <param name="validationFolder">The folder of its Gram files; it must exist, and be another one.</param>
    /// <param name="device">The device that sums the Grams. In a pool, each member takes the next Gram.</param>
    /// <param name="progress">Receives the share of the layers that is done, from 0 to 1.</param>
    /// <param name="cancellation">Stops between two chunks of windows; finished files stay.</param>
    /// <exception cref="Errors.BadInputException">A file in a folder belongs to another model or text, a token id lies outside of the vocabulary, or an
    /// activation is infinite or NaN.</exception>
    /// <exception cref="Errors.BrokenEnvironmentException">A file cannot be written.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="cancellation"/> was requested.</exception>
    public static void Run(
        IDecoderModel model, IBlockRunner runner, TokenWindows fitting, string fittingFolder, TokenWindows validation, string validationFolder,
        IPruningDevice device, IProgress<double>? progress = null, CancellationToken cancellation = default) =>
        Run(model, runner, [(fitting, fittingFolder), (validation, validationFolder)], device, StreamState.Usual, progress, cancellation);

    /// <param name="interval">The time between two stored states of the residual stream.</param>
    internal static void Run(
        IDecoderModel model, IBlockRunner runner, TokenWindows windows, string folder, IPruningDevice device, TimeSpan interval,
        IProgress<double>? progress = null, CancellationToken cancellation = default) =>
        Run(model, runner, [(windows, folder)], device, interval, progress, cancellation);

    internal static void Run(
        IDecoderModel model, IBlockRunner runner, IReadOnlyList<(TokenWindows Windows, string Folder)> texts, IPruningDevice device, TimeSpan interval,
        IProgress<double>? progress = null, CancellationToken cancellation = default) =>
        RunTasks(model, runner, [.. texts.Select(text => new CalibrationTask(text.Windows, text.Folder))], device, interval, progress, cancellation);

    internal static void RunTasks(
        IDecoderModel model, IBlockRunner runner, IReadOnlyList<CalibrationTask> texts, IPruningDevice device, TimeSpan interval,
        IProgress<double>? progress = null, CancellationToken cancellation = default)
    {
        CalibratedText[] open = [.. texts.Select(text => CalibratedText.Open(model, text, interval)).OfType<CalibratedText>()];
        if (open.Length == 0)
            return;
        using var line = new GramQueue(device);
        var last = open.Max(text => text.Last);
        using var layers = new LayerReader(model, runner, last + 1);
        for (var layer = open.Min(text => text.Next); layer <= last; layer++)
        {
            var weights = layers.Read(layer);
            foreach (var text in open.Where(text => text.Next == layer && layer <= text.Last))
                text.Advance(weights, runner, line, cancellation);
            progress?.Report((layer + 1.0) / (last + 1));
        }

        line.Complete();
        foreach (var text in open)
            text.Forget();
    }

    internal static int Widest(ModelConfig config) =>
        config.Layers.Max(layer => Math.Max(config.HiddenSize, Math.Max(layer.QueryHeads * config.HeadDim, layer.Ffn)));
}
