using ForgePrune.Forward;
using ForgePrune.IO;
using ForgePrune.Memory;
using ForgePrune.Model;
using ForgePrune.Tokens;

namespace ForgePrune.Calibration;

/// <summary>The Grams that are wanted of one text.</summary>
/// <param name="Folder">The folder of their files; it must exist.</param>
/// <param name="Wanted">The layers; null for all.</param>
/// <param name="Borders">Hidden states that spare layers before the first one; null for none.</param>
/// <param name="Widest">The widest activation, by which chunks are cut; null for the model's.</param>
internal sealed record CalibrationTask(
    TokenWindows Windows, string Folder, Func<int, bool>? Wanted = null, StreamBorders? Borders = null, int? Widest = null)
{
    public bool Wants(int layer) => Wanted?.Invoke(layer) ?? true;
}

/// <summary>One text on its way through the dense model: its residual stream, and the folder of its Grams. Its chunks are its own, so that other texts in
/// the same pass change no bit.</summary>
internal sealed class CalibratedText
{
    private readonly string folder;
    private readonly SourceHash source;
    private readonly StreamState state;
    private readonly ResidualStream stream;
    private readonly double epsilon, residualScale;
    private readonly Func<int, bool> wanted;

    private CalibratedText(IDecoderModel model, CalibrationTask task, SourceHash source, StreamState state, int first, int last)
    {
        (folder, this.source, this.state, wanted, Last) = (task.Folder, source, state, task.Wants, last);
        (epsilon, residualScale) = (model.Config.RmsNormEps, model.Config.ResidualScale);
        stream = ResidualStream.Embed(model, task.Windows, task.Widest ?? Calibrator.Widest(model.Config));
        Next = state.Resume(first, stream);
        Next = task.Borders?.Restore(Next, first, stream) ?? Next;
    }

    /// <summary>The layer that the text enters next.</summary>
    public int Next { get; private set; }

    /// <summary>The last layer whose Grams are missing.</summary>
    public int Last { get; }

    /// <summary>The text behind the layers that were finished before; null where all Grams are there.</summary>
    /// <exception cref="Errors.BadInputException">A file belongs to another source.</exception>
    public static CalibratedText? Open(IDecoderModel model, CalibrationTask task, TimeSpan interval)
    {
        var (source, layers) = (Calibrator.Source(model, task.Windows), model.Config.Layers);
        int[] missing = [.. Enumerable.Range(0, layers.Count)
            .Where(layer => task.Wants(layer) && !IsDone(layers[layer], model.Config.MlpOf(layer), layer, task.Folder, source))];
        var state = new StreamState(task.Folder, source, interval);
        if (missing.Length > 0)
            return new(model, task, source, state, missing[0], missing[^1]);
        state.Forget();
        return null;
    }

    /// <summary>Passes one layer; the stream is stored where that is due.</summary>
    public void Advance(LayerWeights weights, IBlockRunner runner, GramQueue line, CancellationToken cancellation)
    {
        var layer = Next;
        if (weights.Attention is { } attention)
            Pass(GramFile.AttentionPath(folder, layer), "attention", attention.Output, attention.OutputBias, attention.PostNorm,
                () => runner.Hold(attention, weights.AttentionNorm));
        if (weights.Mlp is { Kind.IsRouted: true } experts)
            PassExperts(experts);
        else if (weights.Mlp is { } mlp)
            Pass(GramFile.MlpPath(folder, layer), "MLP", mlp.Down, mlp.DownBias, mlp.PostNorm, () => runner.Hold(mlp, weights.MlpNorm));
        Next++;
        if (state.IsDue && layer < Last)
        {
            line.Complete();
            state.Save(Next, stream);
        }

        void PassExperts(MlpWeights experts)
        {
            var (path, width) = (ExpertFile.Path(folder, layer), experts.Kind.ExpertWidth);
            var wants = wanted(layer) && !File.Exists(path);
            string Gram(int expert) => GramFile.ExpertPath(folder, layer, expert);
            var statistics = new ExpertPass(experts, weights.MlpNorm, epsilon, residualScale, runner.Threads).Run(
                stream, expert => wants && !GramFile.IsDone(Gram(expert), source) ? line.Begin(width) : null,
                expert => line.Finish(sum => GramFile.Write(
                    Gram(expert), source, sum.IsFinite ? sum : throw CalibrationErrors.NotFinite(layer, $"expert {expert}"))),
                cancellation);
            if (!wants)
                return;
            // Last: where it is, all Grams are.
            line.Complete();
            ExpertFile.Write(path, source, statistics.IsFinite ? statistics : throw CalibrationErrors.NotFinite(layer, "expert"));
        }

        void Pass(string path, string kind, Matrix output, float[]? bias, float[]? norm, Func<IHeldBlock> hold)
        {
            using var block = hold();
            var gram = File.Exists(path) || !wanted(layer) ? null : line.Begin(output.Cols);
            for (var chunk = 0; chunk < stream.Chunks; chunk++)
            {
                cancellation.ThrowIfCancellationRequested();
                var result = block.Run(stream[chunk], gram is not null);
                if (norm is null)
                    gram?.Add(result.Inputs!);
                else
                    gram?.Add(result.Inputs!, OutputNorm.Scales(result.Inputs!, output, bias, epsilon, runner.Threads));
                stream[chunk] = result.Output;
                LargeArrays.Settle();
            }

            if (gram is not null)
                line.Finish(sum => GramFile.Write(path, source, sum.IsFinite ? sum : throw CalibrationErrors.NotFinite(layer, kind)));
        }
    }

    /// <summary>Deletes the stored stream: all Grams are written.</summary>
    public void Forget() => state.Forget();

    /// <summary>Whether all Gram files of the layer exist. A file from another source is an error.</summary>
    private static bool IsDone(LayerShape shape, MlpKind kind, int layer, string folder, SourceHash source) =>
        (!shape.HasAttention || GramFile.IsDone(GramFile.AttentionPath(folder, layer), source))
        & (!shape.HasMlp || (kind.IsRouted ? ExpertFile.IsDone(ExpertFile.Path(folder, layer), source)
            : GramFile.IsDone(GramFile.MlpPath(folder, layer), source)));
}
