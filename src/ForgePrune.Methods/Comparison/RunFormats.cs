using ForgePrune.Calibration;
using ForgePrune.Checkpoints;
using ForgePrune.Generation;
using ForgePrune.Gguf;
using ForgePrune.IO;
using ForgePrune.Levels;
using ForgePrune.Methods.AdaptPruner;
using ForgePrune.Methods.Baselines;
using ForgePrune.Methods.Dress;
using ForgePrune.Methods.TrainLarge;
using ForgePrune.Model;
using ForgePrune.Pipeline;
using ForgePrune.Pipeline.Stages;
using ForgePrune.Quantization;
using ForgePrune.Refit;
using ForgePrune.Search;
using ForgePrune.Serving;
using ForgePrune.Tokens.Text;
using ForgePrune.Training;

namespace ForgePrune.Methods.Comparison;

/// <summary>Formats of all pieces of work, for whoever keeps results of whole runs.</summary>
internal static class RunFormats
{
    public static IReadOnlyList<StageFormat> All(IServingRuntime runtime) =>
    [
        Calibrator.Format, LevelBuilder.Format, LevelSource.Format, TaylorScores.Format,
        SingleReplacementPrices.Format, SearchStage.Format, RefitSelection.Format, FinalRefit.Format,
        InterleavedPruning.Format, RegularizedTraining.Format, RecoveryTrainer.Format, Windows.Format, CalibrationText.Format, SelfCalibration.Format, ModelHash.Format,
        CheckpointWriter.Format, runtime.ExportFormat, ModelQuantization.Format, runtime.LatencyFormat, TimingStage.Format, ProofStage.Format,
        SampleStage.Format, QuantizedProof.Format, GgufExporter.Format, FiguresStage.Format, PaceStage.Format,
    ];
}
