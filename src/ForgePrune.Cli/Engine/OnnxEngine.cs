using ForgePrune.Errors;
using ForgePrune.Onnx;
using ForgePrune.Runs;

namespace ForgePrune.Cli.Engine;

/// <summary>The verbs' work, done by the rooms of ForgePrune and ForgePrune.Onnx.</summary>
internal sealed class OnnxEngine : IEngine
{
    public ModelFacts Inspect(string model) => throw Absent("inspect");

    public PruneOutcome Prune(PruneSettings settings, IProgressReport progress, CancellationToken stop) => throw Absent("prune");

    public EvalFigures Evaluate(EvalSettings settings, IProgressReport progress, CancellationToken stop) => throw Absent("eval");

    public BenchFigures Bench(BenchSettings settings, IProgressReport progress, CancellationToken stop) => throw Absent("bench");

    public Generation Generate(GenerateSettings settings, Action<string> write, CancellationToken stop) => throw Absent("generate");

    public ExportFigures Export(ExportSettings settings, IProgressReport progress, CancellationToken stop) => throw Absent("export");

    public RuntimeFacts Runtime()
    {
        var found = OnnxLibraries.Look();
        return new RuntimeFacts(found.OnnxRuntime, found.Providers, found.GenAi, found.Fault);
    }

    private static BrokenEnvironmentException Absent(string verb) => new($"this build has no engine for {verb}; take a complete release");
}
