using ForgePrune.Checkpoints;
using ForgePrune.Model;

namespace ForgePrune.Pipeline.Stages;

/// <summary>A pruned model whose layers are stored. A refitted model computes its layers at each read; a training that freezes them reads them at each
/// step.</summary>
internal static class StoredModel
{
    /// <returns>The same weights, to be disposed of; the run's safetensors are written where they are not there yet.</returns>
    public static IDecoderModel Of(RunContext run, IDecoderModel model) => DecoderModel.Open(ExportStages.Safetensors(run, model).Folder, run.Folder.Hashes);
}
