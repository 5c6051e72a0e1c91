using ForgePrune.Calibration;
using ForgePrune.Checkpoints;
using ForgePrune.IO;
using ForgePrune.Levels;
using ForgePrune.Methods.AdaptPruner;
using ForgePrune.Methods.Baselines;
using ForgePrune.Methods.Dress;
using ForgePrune.Model;
using ForgePrune.Onnx.Export;
using ForgePrune.Onnx.Generation;
using ForgePrune.Onnx.Studies;
using ForgePrune.Onnx.Timing;
using ForgePrune.Refit;
using ForgePrune.Tokens.Text;
using ForgePrune.Training;

namespace ForgePrune.Onnx.Pipeline;

/// <summary>Formats of all pieces of work, for whoever keeps results of whole runs.</summary>
public static class RunFormats
{
    public static IReadOnlyList<StageFormat> All { get; } =
    [
        Calibrator.Format, LevelBuilder.Format, LevelSource.Format, TaylorScores.Format, SearchStage.Format, RefitSelection.Format, FinalRefit.Format,
        InterleavedPruning.Format, RegularizedTraining.Format, RecoveryTrainer.Format, Windows.Format, SelfCalibration.Format, ModelHash.Format,
        CheckpointWriter.Format, OnnxExporter.Format, ModelQuantization.Format, LatencyMeasurer.Format, TimingStage.Format, ProofStage.Format,
        SampleStage.Format, QuantizedProof.Format, FiguresStage.Format,
    ];
}
