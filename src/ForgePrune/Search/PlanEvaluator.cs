using ForgePrune.Forward;
using ForgePrune.Model;
using ForgePrune.Refit;
using ForgePrune.Tokens;

namespace ForgePrune.Search;

/// <summary>Measures plans against the dense model without building any of them: all plans go through the layers together, windows in
/// groups that fit the memory budget. Equal calls give equal bits.</summary>
public sealed class PlanEvaluator : IPlanEvaluator
{
    private readonly ModelConfig config;
    private readonly Plan densePlan;
    private readonly PlanStreams streams;
    private readonly DivergenceMeter meter;
    private readonly DensePredictions predictions;
    private readonly long streamBytes;

    /// <summary>An evaluator of one dense model.</summary>
    /// <param name="dense">The reference model; plans that keep a whole block use its weights.</param>
    /// <param name="runner">The forward pass for the config of the dense model.</param>
    /// <param name="levels">The weights of all other blocks.</param>
    /// <param name="options">Positions and memory; null for the defaults.</param>
    /// <exception cref="ArgumentOutOfRangeException"><see cref="PlanEvaluatorOptions.PositionStride"/> is below 1.</exception>
    public PlanEvaluator(IDecoderModel dense, IBlockRunner runner, ILevelSource levels, PlanEvaluatorOptions? options = null)
    {
        options ??= new PlanEvaluatorOptions();
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(options.PositionStride, nameof(options));
        config = dense.Config;
        densePlan = new Plan(config.Layers);
        streams = new PlanStreams(dense, runner, levels);
        meter = new DivergenceMeter(runner, dense.ReadFinalNorm(), dense.ReadHead(), options.PositionStride, options.LogitScale);
        streamBytes = options.MemoryBytes / 2;
        predictions = new DensePredictions(config.VocabSize, options.MemoryBytes - streamBytes);
    }

    /// <inheritdoc/>
    /// <exception cref="Errors.BadInputException">A token id lies outside of the vocabulary, or the memory is too small for one plan on one
    /// window.</exception>
    /// <exception cref="ArgumentException">A plan has another number of layers than the dense model.</exception>
    public double[][] Kl(IReadOnlyList<Plan> plans, TokenWindows windows, IProgress<double>? progress = null) => Run(plans, windows, null, progress);

    /// <inheritdoc cref="Kl(IReadOnlyList{Plan}, TokenWindows, IProgress{double}?)"/>
    public double[][] Kl(IReadOnlyList<Plan> plans, TokenWindows windows, PartStore parts, IProgress<double>? progress) => Run(plans, windows, parts, progress);

    private double[][] Run(IReadOnlyList<Plan> plans, TokenWindows windows, PartStore? parts, IProgress<double>? progress)
    {
        foreach (var plan in plans)
        {
            if (plan.Layers.Count != densePlan.Layers.Count)
                throw new ArgumentException($"a plan of {plan.Layers.Count} layers for a model of {densePlan.Layers.Count}", nameof(plans));
        }
        // The dense plan costs nothing by definition: measuring it would only show the rounding of the sums.
        var different = plans.Where(plan => streams.RefitsWhole || !plan.Equals(densePlan)).Distinct().ToArray();
        var results = different.ToDictionary(plan => plan, _ => new double[windows.Count]);
        var (plansAtOnce, windowsAtOnce) = Divide(different.Length, windows);
        var groups = different.Chunk(plansAtOnce).ToArray();
        var work = new PlanWork(config, groups, windows.Count, meter.Positions(windows.Length) / (double)windows.Length, progress);
        foreach (var group in groups)
        {
            for (var start = 0; start < windows.Count; start += windowsAtOnce)
            {
                var slice = windows.Slice(start, Math.Min(windowsAtOnce, windows.Count - start));
                if (parts?.Find() is { } kl)
                {
                    work.PartDone(group, slice.Count);
                }
                else
                {
                    kl = Measure(group, slice, work);
                    parts?.Keep(kl);
                }

                for (var plan = 0; plan < group.Length; plan++)
                    kl[plan].CopyTo(results[group[plan]], start);
            }
        }
        return plans.Select(plan => results.TryGetValue(plan, out var kl) ? [.. kl] : new double[windows.Count]).ToArray();
    }

    private double[][] Measure(Plan[] plans, TokenWindows windows, PlanWork work)
    {
        var positions = meter.Positions(windows.Length);
        var known = Enumerable.Range(0, windows.Count).Select(window => predictions.Find(windows.Window(window), positions)).ToArray();
        if (known.All(prediction => prediction is { Complete: true }))
            return meter.Measure(streams.Run(plans, windows, work), null, known, windows.Length, work);
        if (streams.RefitsWhole)
            return meter.Measure(streams.Run(plans, windows, work), streams.Dense(windows), known, windows.Length, work);
        var ends = streams.Run([densePlan, .. plans], windows, work);
        return meter.Measure(ends[1..], ends[0], known, windows.Length, work);
    }

    /// <summary>The numbers of plans and windows that fit the budget together, with as many plans as possible: they share work, and a level is
    /// computed once for all of them.</summary>
    private (int Plans, int Windows) Divide(int plans, TokenWindows windows)
    {
        long PerWindow(int together) => StreamMemory.PerWindow(config, windows.Length, together + 1);
        if (PerWindow(1) > streamBytes)
            throw ForwardErrors.TooLittleMemory(streamBytes, PerWindow(1));
        var plansAtOnce = Math.Max(1, plans);
        while (PerWindow(plansAtOnce) > streamBytes)
            plansAtOnce = (plansAtOnce + 1) / 2;
        return (plansAtOnce, (int)Math.Min(streamBytes / PerWindow(plansAtOnce), Math.Max(1, windows.Count)));
    }
}
