using ForgePrune.Checkpoints;
using ForgePrune.Methods.TrainLarge;
using ForgePrune.Model;
using ForgePrune.Onnx;
using ForgePrune.Pipeline;
using ForgePrune.Progress;

namespace ForgePrune.Cli.Engine;

/// <summary>The verbs' work, done by the rooms of ForgePrune and ForgePrune.Onnx.</summary>
internal sealed class OnnxEngine : IEngine
{
    public ModelFacts Inspect(string path)
    {
        using var model = DecoderModel.Open(path);
        var config = model.Config;
        var size = ModelSize.Of(config);
        var scaling = config.RopeScaling is { } rope ? $"llama3 scaling by {rope.Factor:0.##}" : null;
        return new ModelFacts(
            config.Family, config.HiddenSize, config.HeadDim, config.VocabSize, config.MaxPositions, config.TiedEmbeddings, config.RopeTheta, scaling,
            size.Total, size.Prunable, model.StoredBytes, (double)size.Head / size.Total, model.Tokenizer?.Format.ToString(),
            [.. config.Layers.Select(layer => new LayerFacts(layer.KvHeads, layer.QueryHeads, layer.Ffn))]);
    }

    public PruneOutcome Prune(PruneSettings settings, IProgressReport progress, CancellationToken stop) =>
        PrunePipeline.Run(settings, OnnxServing.Cpu, progress, stop);

    public EvalFigures Evaluate(EvalSettings settings, IProgressReport progress, CancellationToken stop) =>
        TextEvaluation.Run(settings, progress, stop);

    public IReadOnlyList<TaskFigures> Ask(TaskSettings settings, IProgressReport progress, CancellationToken stop) =>
        TaskEvaluation.Run(settings, progress, stop);

    public BenchFigures Bench(BenchSettings settings, IProgressReport progress, CancellationToken stop) =>
        ModelBench.Run(settings, progress, stop);

    public Generation Generate(GenerateSettings settings, Action<string> write, Action<string> note, CancellationToken stop) =>
        TextContinuation.Run(settings, write, note, stop);

    public ExportFigures Export(ExportSettings settings, IProgressReport progress, CancellationToken stop) =>
        ModelExport.Run(settings, progress, stop);

    public StudyFigures Study(StudySettings settings, IProgressReport progress, CancellationToken stop) =>
        TrainLargeStudy.Run(settings, OnnxServing.Cpu, progress, stop);

    public RuntimeFacts Runtime()
    {
        var found = OnnxLibraries.Look();
        return new RuntimeFacts(found.OnnxRuntime, found.Providers, found.GenAi, found.Fault);
    }
}
