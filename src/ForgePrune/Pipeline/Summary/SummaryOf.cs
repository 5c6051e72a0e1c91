using ForgePrune.Latency;
using ForgePrune.Model;
using ForgePrune.Pipeline.Runs;
using ForgePrune.Pipeline.Stages;
using ForgePrune.Search.Costs;

namespace ForgePrune.Pipeline.Summary;

/// <summary>Puts summary.json together.</summary>
internal static class SummaryOf
{
    public static RunSummary Run(
        RunContext run, PrunedModel pruned, DenseExport dense, StageResult onnx, StageResult safetensors, LatencyTable? table, PlanFile plan,
        TimingFile? timing, ProofFile proof, RecoverySummary? recovery, QuantizedSummary? quantized, GgufSummary? gguf) => new()
        {
            Parameters = new(ModelSize.Of(run.Dense.Config).Total, ModelSize.Of(pruned.Model.Config).Total),
            Bytes = new(dense.Weights, Weights(run, onnx)),
            Layers = [.. plan.Layers.Select((layer, index) => new LayerSummary(layer.KvHeads, layer.QueryHeads, layer.Ffn)
            {
                Experts = run.Dense.Config.MlpOf(index) is { IsRouted: true } kind ? kind.Narrowed(layer.ExpertWidth).Experts(layer.Ffn) : null,
            })],
            Speedup = timing is null ? null : new(
            RatioSummary.Of(timing.Prefill.SpeedUp, Predicted(run.Dense.Config, table?.Prefill, plan)),
            RatioSummary.Of(timing.Decode.SpeedUp, Predicted(run.Dense.Config, table?.Decode, plan))),
            Perplexity = new(proof.DensePerplexity, proof.Perplexity),
            Kl = proof.Kl,
            Recovery = recovery,
            Interleaved = pruned.Interleaved,
            Regularization = pruned.Regularization,
            Proposals = plan.Proposals,
            CandidateTraining = plan.CandidateTraining,
            Quantized = quantized,
            Gguf = gguf,
            RaisedDamping = run.RaisedDamping is { Count: > 0 } raised ? raised : null,
            Seconds = run.Seconds,
            Device = run.Device,
            Provider = run.Runtime.Provider.Name,
            Versions = run.Versions,
            Manifest = safetensors.Manifest.Hash,
        };

    /// <summary>Bytes of an exported model.</summary>
    public static long Weights(RunContext run, StageResult export) =>
        export.Manifest.Files.Where(file => file.Name.StartsWith(run.Runtime.ModelFile, StringComparison.Ordinal)).Sum(file => file.Bytes);

    private static double? Predicted(ModelConfig config, PhaseTable? table, PlanFile plan)
    {
        if (table is null)
            return null;
        var cost = LatencyCost.Of(table);
        return cost.Of(new Plan(config.Layers)) / cost.Of(plan.ToPlan());
    }
}
