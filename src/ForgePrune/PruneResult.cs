using ForgePrune.Model;
using ForgePrune.Pipeline.Stages;
using ForgePrune.Pipeline.Summary;
using ForgePrune.Serving;

namespace ForgePrune;

/// <summary>A finished run.</summary>
public sealed class PruneResult
{
    private readonly IServingRuntime runtime;

    internal PruneResult(string folder, Plan plan, RunSummary summary, string? shortfall, IServingRuntime runtime) =>
        (Folder, Plan, Summary, Shortfall, this.runtime) = (folder, plan, summary, shortfall, runtime);

    /// <summary>The run folder.</summary>
    public string Folder { get; }

    /// <summary>What each layer of the pruned model keeps.</summary>
    public Plan Plan { get; }

    /// <summary>What summary.json holds: sizes, measured speed-up, perplexity, KL, seconds.</summary>
    public RunSummary Summary { get; }

    /// <summary>Null where the target is met; otherwise one sentence that says by how much it is not, and why.</summary>
    public string? Shortfall { get; }

    /// <summary>The folder of the exported model.</summary>
    public string ModelFolder => Path.Combine(Folder, ExportStages.PrunedName);

    /// <summary>Loads the pruned model as its users load it, with its tokenizer.</summary>
    /// <param name="threads">Threads that one call may use; 0 takes all processors.</param>
    /// <exception cref="Errors.BadInputException">The model is not there any more, or cannot be loaded.</exception>
    public ServedModel Open(int threads = 0) =>
        ServedModel.Open(runtime, ModelFolder, threads > 0 ? threads : Environment.ProcessorCount, readsText: true);
}
