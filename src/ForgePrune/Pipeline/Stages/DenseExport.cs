using ForgePrune.Model;
using ForgePrune.Pipeline.Resources;
using ForgePrune.Pipeline.Runs;
using ForgePrune.Pipeline.Summary;

namespace ForgePrune.Pipeline.Stages;

/// <summary>The dense model's export, written when it is first asked for: it writes the calibration text where none is given, and every time is compared with
/// it. Where no latency is asked for and the memory allowed does not hold the model, nothing can use it, and it is never written.</summary>
internal sealed class DenseExport(RunContext run)
{
    private readonly Lazy<StageResult> written = new(() => ExportStages.Dense(run));

    public StageResult Written => written.Value;

    public bool IsWritten => written.IsValueCreated;

    /// <summary>Bytes of the export; without the few of its graph where it is not written.</summary>
    public long Weights => IsWritten ? SummaryOf.Weights(run, Written) : sizeof(float) * ModelSize.Of(run.Dense.Config).Total;

    /// <summary>Whether the memory allowed holds the model.</summary>
    public bool Fits => ServingMemory.Fits(run.Settings, Weights);
}
