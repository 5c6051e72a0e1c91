using ForgePrune.Forward;
using ForgePrune.Model;
using ForgePrune.Refit;
using ForgePrune.Tokens;

namespace ForgePrune.Search;

/// <summary>Measures plans against the dense model without building any of them: all plans go through the layers together, windows in
/// groups that fit the memory budget. Equal calls give equal bits.</summary>
public sealed class PlanEvaluator : IPlanEvaluator
{
    // The dense stream before a layer is kept where it takes at most this part of the memory for streams.
    private const int KeptShare = 8;

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
        meter = DivergenceMeter.Of(runner, dense.ReadFinalNorm(), runner.HeadOf(dense), options.PositionStride, options.LogitScale);
        streamBytes = options.MemoryBytes / 2;
        predictions = new DensePredictions(meter.KnownWidth, options.MemoryBytes - streamBytes);
    }

    /// <inheritdoc/>
    /// <exception cref="Errors.BadInputException">A token id lies outside of the vocabulary, or the memory is too small for one plan on one
    /// window.</exception>
    /// <exception cref="ArgumentException">A plan has another number of layers than the dense model.</exception>
    public double[][] Kl(IReadOnlyList<Plan> plans, TokenWindows windows, IProgress<double>? progress = null) => Run(plans, windows, progress);

    /// <summary>The same where every plan differs from the dense model in one layer, layer by layer: parts that <paramref name="parts"/> holds are not measured
    /// again. Every plan's stream runs by itself, and logits of different layers are never computed together, so that a part's bits depend on nothing outside
    /// of it.</summary>
    /// <inheritdoc cref="Kl(IReadOnlyList{Plan}, TokenWindows, IProgress{double}?)"/>
    public double[][] Kl(IReadOnlyList<Plan> plans, TokenWindows windows, PartStore parts, IProgress<double>? progress)
    {
        RequireLayers(plans);
        var results = plans.Select(_ => new double[windows.Count]).ToArray();
        var layers = Enumerable.Range(0, plans.Count).GroupBy(index => streams.FirstDifference(plans[index]))
            .Where(group => group.Key < config.Layers.Count).OrderBy(group => group.Key).ToArray();
        if (layers.Length == 0)
            return results;
        // By the largest part, whichever are measured here.
        var kept = StreamMemory.Residual(config, windows);
        var keeps = kept <= streamBytes / KeptShare;
        var free = keeps ? streamBytes - kept : streamBytes;
        var (plansAtOnce, windowsAtOnce) = Divide(layers.Max(layer => layer.Count()), windows, free);
        LayerPart[] wanted = [.. layers.Where(layer => parts.Wants(layer.Key))
            .Select(layer => new LayerPart(layer.Key, [.. layer], [.. layer.Select(index => plans[index])], parts.Find(layer.Key)))];
        var groups = LayerPart.Together(
            [.. wanted.Where(part => part.Known is null)], count => windowsAtOnce * StreamMemory.PerWindow(config, windows.Length, count + 1) <= free);
        var known = wanted.Where(part => part.Known is not null).ToArray();
        var work = new PlanWork(
            config, [.. known.Select(part => part.Plans), .. groups.Select(group => group.SelectMany(part => part.Plans).ToArray())], windows.Count,
            Scored(windows), progress);
        foreach (var part in known)
        {
            work.PartDone(part.Plans, windows.Count);
            Take(part, part.Known!);
        }

        using var prefixes = keeps ? streams.KeepPrefixes() : null;
        foreach (var group in groups)
        {
            var measured = group.Length > 1 ? MeasureAll([.. group.Select(part => part.Plans)], windows, windowsAtOnce, work)
                : [Measure(group[0].Plans, windows, plansAtOnce, windowsAtOnce, work)];
            foreach (var (part, kl) in group.Zip(measured))
            {
                parts.Keep(part.Layer, kl);
                Take(part, kl);
            }
        }

        return results;

        void Take(LayerPart part, double[][] kl)
        {
            foreach (var (index, values) in part.Indices.Zip(kl))
                results[index] = values;
        }
    }

    /// <inheritdoc cref="IPlanEvaluator.Kl(IReadOnlyList{Plan}, TokenWindows, PlanStore, IProgress{double}?)"/>
    public double[][] Kl(IReadOnlyList<Plan> plans, TokenWindows windows, PlanStore store, IProgress<double>? progress)
    {
        RequireLayers(plans);
        // Windows go through a layer together, and products of more rows may round otherwise: how many go is fixed by all plans, whichever are measured here.
        var (plansAtOnce, windowsAtOnce) = Divide(plans.Count, windows, streamBytes);
        var found = plans.Select((_, index) => store.Find(index)).ToArray();
        int[] missing = [.. Enumerable.Range(0, plans.Count).Where(index => found[index] is null && store.Wants(index))];
        Plan[] measured = [.. missing.Select(index => plans[index])];
        var work = new PlanWork(config, [.. measured.Chunk(plansAtOnce)], windows.Count, Scored(windows), progress);
        foreach (var (index, kl) in missing.Zip(Measure(measured, windows, plansAtOnce, windowsAtOnce, work)))
            store.Keep(index, found[index] = kl);
        return [.. found.Select(kl => kl ?? new double[windows.Count])];
    }

    private double[][] Run(IReadOnlyList<Plan> plans, TokenWindows windows, IProgress<double>? progress)
    {
        RequireLayers(plans);
        // The dense plan costs nothing by definition: measuring it would only show the rounding of the sums.
        var different = plans.Where(plan => streams.RefitsWhole || !plan.Equals(densePlan)).Distinct().ToArray();
        var (plansAtOnce, windowsAtOnce) = Divide(different.Length, windows, streamBytes);
        var work = new PlanWork(config, [.. different.Chunk(plansAtOnce)], windows.Count, Scored(windows), progress);
        var results = different.Zip(Measure(different, windows, plansAtOnce, windowsAtOnce, work)).ToDictionary();
        return plans.Select(plan => results.TryGetValue(plan, out var kl) ? [.. kl] : new double[windows.Count]).ToArray();
    }

    private double[][] Measure(Plan[] plans, TokenWindows windows, int plansAtOnce, int windowsAtOnce, PlanWork work) =>
        [.. plans.Chunk(plansAtOnce).SelectMany(group => MeasureAll([group], windows, windowsAtOnce, work)[0])];

    /// <summary>Plans of all parts together, as far as they go through the layers.</summary>
    /// <returns>result[part][plan][window].</returns>
    private double[][][] MeasureAll(Plan[][] parts, TokenWindows windows, int windowsAtOnce, PlanWork work)
    {
        double[][][] results = [.. parts.Select(part => part.Select(_ => new double[windows.Count]).ToArray())];
        for (var start = 0; start < windows.Count; start += windowsAtOnce)
        {
            var kl = Measure(parts, windows.Slice(start, Math.Min(windowsAtOnce, windows.Count - start)), work);
            for (var part = 0; part < parts.Length; part++)
                for (var plan = 0; plan < parts[part].Length; plan++)
                    kl[part][plan].CopyTo(results[part][plan], start);
        }

        return results;
    }

    private double Scored(TokenWindows windows) => meter.Positions(windows.Length) / (double)windows.Length;

    private void RequireLayers(IReadOnlyList<Plan> plans)
    {
        foreach (var plan in plans)
        {
            if (plan.Layers.Count != densePlan.Layers.Count)
                throw new ArgumentException($"a plan of {plan.Layers.Count} layers for a model of {densePlan.Layers.Count}", nameof(plans));
        }
    }

    private double[][][] Measure(Plan[][] parts, TokenWindows windows, PlanWork work)
    {
        Plan[] plans = [.. parts.SelectMany(part => part)];
        var positions = meter.Positions(windows.Length);
        var known = Enumerable.Range(0, windows.Count).Select(window => predictions.Find(windows.Window(window), positions)).ToArray();
        if (known.All(prediction => prediction is { Complete: true }))
            return Compare(streams.Run(plans, windows, work), null);
        if (streams.RefitsWhole)
            return Compare(streams.Run(plans, windows, work), streams.Dense(windows));
        var ends = streams.Run([densePlan, .. plans], windows, work);
        return Compare(ends[1..], ends[0]);

        double[][][] Compare(Activations[] ends, Activations? dense)
        {
            var results = new double[parts.Length][][];
            for (var (part, first) = (0, 0); part < parts.Length; first += parts[part++].Length)
                results[part] = meter.Measure(ends[first..(first + parts[part].Length)], dense, known, windows.Length, work);
            return results;
        }
    }

    /// <summary>The numbers of plans and windows that fit the budget together, with as many plans as possible: they share work, and a level is
    /// computed once for all of them.</summary>
    /// <param name="free">The budget in bytes.</param>
    private (int Plans, int Windows) Divide(int plans, TokenWindows windows, long free)
    {
        long PerWindow(int together) => StreamMemory.PerWindow(config, windows.Length, together + 1);
        if (PerWindow(1) > free)
            throw ForwardErrors.TooLittleMemory(free, PerWindow(1));
        var plansAtOnce = Math.Max(1, plans);
        while (PerWindow(plansAtOnce) > free)
            plansAtOnce = (plansAtOnce + 1) / 2;
        return (plansAtOnce, (int)Math.Min(free / PerWindow(plansAtOnce), Math.Max(1, windows.Count)));
    }
}
