using ForgePrune.Evaluation;
using ForgePrune.IO;
using ForgePrune.Kernels;
using ForgePrune.Model;
using ForgePrune.Pipeline.Runs;
using ForgePrune.Quantization;

namespace ForgePrune.Methods.TrainLarge;

/// <summary>A model as it is judged.</summary>
/// <param name="Bytes">Of its weights as they would be stored.</param>
/// <param name="Distilled">Tokens it was trained on after pruning.</param>
internal sealed record JudgedForm(string Name, IDecoderModel Model, long Bytes, long Distilled = 0);

/// <summary>Compresses a trained model without training in all ways that need none, and judges everything made of it on the held-out text.</summary>
internal static class FiguresStage
{
    private static readonly JsonFile<IReadOnlyList<StudyRow>> Json = new("rows.json", StudyJson.Default.IReadOnlyListStudyRow);

    public static StageFormat Format { get; } = new("figures", 1);

    private static readonly (int Bits, QuantizationMethod Method)[] Formats =
        [(8, QuantizationMethod.Rtn), (8, QuantizationMethod.Gptq), (4, QuantizationMethod.Rtn), (4, QuantizationMethod.Gptq)];

    private static readonly (string Name, SparsityPattern Pattern)[] Patterns =
        [("sparse 50 %", SparsityPattern.Unstructured(0.5)), ("sparse 2:4", SparsityPattern.NofM(2, 4))];

    /// <param name="trained">The model itself.</param>
    /// <param name="tokens">That it was trained on.</param>
    /// <param name="others">What else was made of it.</param>
    /// <param name="flops">Of a training of a form.</param>
    public static IReadOnlyList<StudyRow> Run(
        StudyContext study, int size, IDecoderModel trained, long tokens, IReadOnlyList<JudgedForm> others, Func<JudgedForm, long> flops)
    {
        var name = $"figures-{size}";
        var key = study.Key([Format],
            [
                ("model", trained.ContentHash), ("calibration", study.Text.Calibration.Hash), ("held out", study.Text.HeldOut.Hash),
                .. others.Select(form => (form.Name, form.Model.ContentHash)),
            ],
            [("tokens", $"{tokens}"), .. others.Select(form => ($"distilled of {form.Name}", $"{form.Distilled}"))]);
        return study.Stage(name, key, Json, () =>
        {
            var total = 1 + others.Count + Patterns.Length + Formats.Length;
            var rows = new List<StudyRow>();
            foreach (var form in Forms(study, trained, others))
            {
                study.Stop.ThrowIfCancellationRequested();
                study.Progress.Report(name, rows.Count, total, form.Name);
                rows.Add(Judge(study, size, trained, tokens, form, flops(form)));
            }

            study.Progress.Report(name, total, total);
            return rows;
        });
    }

    private static IEnumerable<JudgedForm> Forms(StudyContext study, IDecoderModel trained, IReadOnlyList<JudgedForm> others)
    {
        var (config, text) = (trained.Config, study.Text.Calibration);
        yield return new("trained", trained, WeightStorage.Dense(config));
        foreach (var other in others)
            yield return other;
        foreach (var (name, pattern) in Patterns)
        {
            var layers = new SparseLayers(trained, study.Runner, text, pattern, study.Stop);
            var sparse = LayerwiseModel.Of(trained, layers.Sparsify);
            study.Damped(name, layers.RaisedDamping);
            yield return new(name, sparse, WeightStorage.Sparse(config, WeightStorage.Kept(sparse)));
        }

        foreach (var (bits, method) in Formats)
        {
            var settings = new QuantizationSettings(bits, method, QuantizationSettings.DefaultBlock);
            ILayerQuantizer layers = method == QuantizationMethod.Gptq
                ? new GptqLayers(trained, study.Runner, text, settings.Format, study.Stop)
                : new RoundedLayers(settings.Format, study.Settings.Threads);
            var quantized = LayerwiseModel.Of(trained, (index, full) => layers.Quantize(index, full).Of(full));
            var name = $"{settings.Name} {settings.MethodName}";
            study.Damped(name, layers.RaisedDamping);
            yield return new(name, quantized, WeightStorage.Quantized(config, settings.Format));
        }
    }

    private static StudyRow Judge(StudyContext study, int size, IDecoderModel trained, long tokens, JudgedForm form, long flops)
    {
        var against = form.Model == trained ? null : trained;
        var found = ModelEvaluation.Run(form.Model, study.Runner, study.Text.HeldOut, against);
        var count = ModelSize.Of(form.Model.Config);
        return new StudyRow(size, form.Name, count.Total, count.Prunable, form.Bytes, found.Perplexity, found.Kl, tokens, form.Distilled, flops);
    }
}
