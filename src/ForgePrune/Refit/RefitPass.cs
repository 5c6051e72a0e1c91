using ForgePrune.Calibration;
using ForgePrune.Forward;
using ForgePrune.IO;
using ForgePrune.Kernels;
using ForgePrune.Levels;
using ForgePrune.Memory;
using ForgePrune.Model;
using ForgePrune.Tokens;

namespace ForgePrune.Refit;

/// <summary>The residual streams of the dense and of the pruned network on their way through the blocks.</summary>
/// <param name="model">The dense model.</param>
/// <param name="windows">The text of the fit.</param>
/// <param name="device">The device that sums the moments and solves the refits.</param>
internal sealed class RefitPass(
    IDecoderModel model, TokenWindows windows, FinalRefitOptions options, SourceHash source, IPruningDevice device, CancellationToken cancellation)
{
    private readonly PairedStreams fitting = new(ResidualStream.Embed(model, windows, Widest(model.Config)));
    private readonly PairedStreams? selection = options.Choices is MeasuredChoices { Selection: var text }
        ? new(ResidualStream.Embed(model, text, Widest(model.Config)))
        : null;

    // Neighbors are alike: each walk along the ladder begins where the one before it ended.
    private double mapDamping = Damping.Default, outputDamping = Damping.Default;

    /// <summary>Restores the streams and returns the number of layers that they have passed.</summary>
    public int Resume(StreamState state, int layers) => state.Resume(layers, Streams);

    /// <summary>Leaves the streams on the disk, unless they are still one.</summary>
    public void Save(StreamState state, int passed)
    {
        if (!fitting.AreOne)
            state.Save(passed, Streams);
    }

    /// <summary>Refits one block unless <paramref name="path"/> holds it already, and moves all streams past it.</summary>
    /// <param name="whole">The dense block behind a map of its inputs; null maps nothing.</param>
    /// <param name="small">The block as it was refitted.</param>
    /// <param name="keep">Receives the moments of the block; null for none.</param>
    public void Block(string path, RefitStep step, Func<InputMap?, IHeldBlock> whole, Func<RefittedBlock, IHeldBlock> small, StreamMoments? keep)
    {
        var known = File.Exists(path) ? RefittedBlock.Read(path, source) : null;
        var solves = step.Columns is not null && known is null;
        var map = known is null && (solves || keep is not null) ? Map(step) : known?.Input;
        using var sums = solves || keep is not null ? new MomentAccumulator(step.Dense.Weights.Rows, step.Dense.Weights.Cols, device,
            step.PostNorm is not null) : null;
        TargetMoments? moments;
        var pairs = new List<(Activations Target, Activations Inputs)>();
        using (var unmapped = whole(null))
        {
            // Without a map both are one, whose weights need no second place.
            using var folded = map is null ? null : whole(map);
            var mapped = folded ?? unmapped;
            Advance(fitting, unmapped, mapped, (target, inputs) => sums!.Add(target, inputs), sums is not null);
            moments = sums?.Finish();
            if (selection is not null)
                Advance(selection, unmapped, mapped, (target, inputs) => pairs.Add((target, inputs)), solves);
        }

        if (solves)
            Fit(step, moments!, map, pairs).Write(path, source);
        var refitted = step.Columns is null ? null : RefittedBlock.Read(path, source);
        keep?.Keep(step.Name, moments!, refitted?.Choice.Output ?? Damping.Default);
        if (refitted is null)
            return;
        moments = null;
        pairs.Clear();
        LargeArrays.Settle();
        using var block = small(refitted);
        MovePruned(block);

        void Advance(PairedStreams streams, IHeldBlock unmapped, IHeldBlock mapped, Action<Activations, Activations> collect, bool collects)
        {
            for (var chunk = 0; chunk < streams.Dense.Chunks; chunk++)
            {
                cancellation.ThrowIfCancellationRequested();
                var after = unmapped.Run(streams.Dense[chunk]).Output;
                if (collects)
                {
                    var there = mapped.Run(streams.Pruned[chunk], captureInputs: true);
                    var (target, inputs) = step.Pair(options, after, streams.Pruned[chunk], there, model.Config.ResidualScale, device.Threads);
                    collect(target, inputs);
                }

                streams.Dense[chunk] = after;
                LargeArrays.Settle();
            }
        }
    }

    /// <summary>Refits the experts of one block unless <paramref name="path"/> holds them already, and moves all streams past it. No map stands in front of
    /// them: it would change the routing.</summary>
    /// <param name="whole">Holds the dense block.</param>
    /// <param name="compact">The block over the kept columns with an output projection.</param>
    /// <param name="names">The experts that stay, in messages.</param>
    /// <param name="small">The block as it was refitted.</param>
    public void Experts(
        string path, RefitStep step, Func<IHeldBlock> whole, Func<Projection, MlpWeights> compact, IReadOnlyList<string> names,
        Func<RefittedBlock, IHeldBlock> small)
    {
        var fits = step.Columns is not null && !File.Exists(path);
        Activations[][] targets;
        using (var dense = whole())
            targets = [.. Texts.Select(text => Targets(text, step, dense, fits))];
        if (step.Columns is null)
            return;
        if (fits)
        {
            var level = step.Level is { } made ? made() : step.Kept();
            LackingText[] texts = [.. Texts.Zip(targets, (text, wanted) => new LackingText(
                compact(level), step.Norm, step.Epsilon, text.Pruned.All, wanted, device.Threads))];
            var corrections = new ExpertCorrections(
                texts[0], texts.ElementAtOrDefault(1), expert => ChoiceOf(step).OutputOf(expert), names, device);
            var (down, experts) = corrections.Run(level.Weights);
            RefittedBlock.OfExperts(level with { Weights = down }, experts).Write(path, source);
        }

        LargeArrays.Settle();
        using var block = small(RefittedBlock.Read(path, source));
        MovePruned(block);
    }

    /// <summary>Moves the dense stream past a block, and gives what the pruned block should add, chunk by chunk; nothing where that is not wanted.</summary>
    private Activations[] Targets(PairedStreams text, RefitStep step, IHeldBlock whole, bool wanted)
    {
        var targets = new List<Activations>();
        for (var chunk = 0; chunk < text.Dense.Chunks; chunk++)
        {
            cancellation.ThrowIfCancellationRequested();
            var (before, pruned) = (text.Dense[chunk], text.Pruned[chunk]);
            var after = whole.Run(before);
            if (wanted)
                targets.Add(RefitStep.Target(options, after.Output, pruned, ReferenceEquals(before, pruned) ? after : whole.Run(pruned),
                    model.Config.ResidualScale, device.Threads));
            text.Dense[chunk] = after.Output;
            LargeArrays.Settle();
        }

        return [.. targets];
    }

    private void MovePruned(IHeldBlock block)
    {
        foreach (var text in Texts)
        {
            for (var chunk = 0; chunk < text.Pruned.Chunks; chunk++)
            {
                cancellation.ThrowIfCancellationRequested();
                text.Pruned[chunk] = block.Run(text.Pruned[chunk]).Output;
                LargeArrays.Settle();
            }
        }
    }

    private PairedStreams[] Texts => selection is null ? [fitting] : [fitting, selection];

    private ResidualStream[] Streams => [.. Texts.SelectMany(text => new[] { text.Dense, text.Pruned })];

    /// <summary>The map in front of a block; null for none.</summary>
    private InputMap? Map(RefitStep step)
    {
        if (!RefitStep.IsMapped(options, fitting.Dense, fitting.Pruned))
            return null;
        var name = InputMap.NameBefore(step.Name);
        if (selection is null)
        {
            return ChoiceOf(step).Input is { } asked
                ? InputMap.Fit(fitting.Dense, fitting.Pruned, step.Norm, step.Epsilon, options.InputShare, asked, name, device)
                : null;
        }

        var fits = InputMap.Fits(fitting.Dense, fitting.Pruned, step.Norm, step.Epsilon, options.InputShare, device);
        var pairs = selection.MapPairs(step.Norm, step.Epsilon, options.InputShare, device.Threads);
        var loss = new UnseenLoss(pairs, device.Threads);
        var tried = new Dictionary<double, InputMap>();
        var ladder = DampingLadder.Climb(mapDamping, fraction => loss.Of(tried[fraction] = fits(fraction, [])));
        if (ladder.Tried.Count == 0)
            return Damping.Raise(ladder.Fraction, name, fits);
        mapDamping = ladder.Fraction;
        var best = tried[ladder.Fraction];
        return ladder.Least < loss.Of(null) ? best with { Damping = best.Damping with { Refused = ladder.Refused } } : null;
    }

    private RefittedBlock Fit(RefitStep step, TargetMoments moments, InputMap? map, List<(Activations Target, Activations Inputs)> pairs)
    {
        if (selection is null)
        {
            var choice = ChoiceOf(step);
            if (choice.Output is not { } asked)
                return Of(step.Level!(), Damping.None, null);
            var (output, damping) = Damping.Raise(asked, step.Name, step.Fits(moments, options, device));
            return Of(output, damping, asked);
        }

        var loss = new UnseenLoss(pairs, device.Threads, step.PostNorm);
        // Behind a norm, targets come without the bias that stays.
        double Loss(Projection output) => loss.Of(step.PostNorm is null ? output : output with { Bias = null }, step.Columns!);
        var tried = new Dictionary<double, (Projection Output, Damping Damping)>();
        var ladder = Climb(step.Fits(moments, options, device));
        LargeArrays.Settle();
        var level = step.Level!();
        LargeArrays.Settle();
        if (ladder.Tried.Count == 0 || Loss(level) <= ladder.Least)
            return Of(level, Damping.None, null);
        outputDamping = ladder.Fraction;
        var (best, used) = tried[ladder.Fraction];
        return Of(best, used with { Refused = ladder.Refused }, ladder.Fraction);

        // In a method of its own, so that nothing holds the Hessian behind it.
        DampingLadder Climb(Func<double, IReadOnlyList<double>, (Projection Output, Damping Damping)> fits) =>
            DampingLadder.Climb(outputDamping, fraction => Loss((tried[fraction] = fits(fraction, [])).Output));

        RefittedBlock Of(Projection output, Damping damping, double? fraction) =>
            new(output, map, damping, new BlockChoice(map?.Damping.Fraction, fraction));
    }

    /// <summary>The widest activation. Of experts, those that a token passes are computed.</summary>
    private static int Widest(ModelConfig config) => Calibrator.Widest(config with
    {
        Layers = [.. config.Layers.Select((layer, index) => config.MlpOf(index) is { IsRouted: true } kind
            ? layer with { Ffn = Math.Min(layer.Ffn, kind.PerToken * kind.ExpertWidth) } : layer)],
    });

    private BlockChoice ChoiceOf(RefitStep step) => ((FixedChoices)options.Choices).Of(step.Name);
}
