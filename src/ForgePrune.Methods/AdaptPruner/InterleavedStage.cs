using ForgePrune.Evaluation;
using ForgePrune.Levels;
using ForgePrune.Model;

namespace ForgePrune.Methods.AdaptPruner;

/// <summary>One cut with its training.</summary>
/// <param name="Stage">From 1.</param>
/// <param name="Layers">What every layer is after it.</param>
/// <param name="Indices">The same as level indices of the dense model's space.</param>
/// <param name="Lost">Shares by the rule.</param>
/// <param name="Importance">Of every layer, as the last step of the cut measured it.</param>
/// <param name="Kept">What the cut kept of the model as it was before.</param>
/// <param name="Steps">Of all cuts until here.</param>
/// <param name="Cost">In the unit of the metric.</param>
/// <param name="Tokens">Trained on in this stage.</param>
/// <param name="Cut">After the cut, before its training.</param>
/// <param name="Trained">After its training; null while that is not done.</param>
internal sealed record InterleavedStage(
    int Stage, IReadOnlyList<LayerShape> Layers, int[] Indices, double[] Lost, double[] Importance, IReadOnlyList<KeptUnits> Kept, int Steps, double Cost,
    long Tokens, Quality Cut, Quality? Trained);
