using ForgePrune.Forward;
using ForgePrune.Kernels;
using ForgePrune.Model;
using ForgePrune.Onnx.Export;
using ForgePrune.Onnx.Scores;
using ForgePrune.Serving;
using Microsoft.ML.OnnxRuntime;

namespace ForgePrune.Onnx.Forward;

/// <summary>Runs decoder blocks in ONNX Runtime, one session per kind of block, weights as inputs; blocks of experts run in ForgePrune's own products. One
/// caller at a time.</summary>
internal sealed class OrtBlockRunner : IBlockRunner
{
    // Of GroupQueryAttention.
    private const int HeadWidthStep = 8;

    private readonly ModelConfig config;
    private readonly BlockPlace place;
    private readonly BlockSessions sessions;
    private readonly StayingTensors staying;
    private readonly RunOptions run = new();
    private readonly HeadTensors heads;
    private readonly OrtHead narrowHead;
    private readonly RotaryInputs rotary;
    private readonly WindowMasks masks = new();
    private readonly ProviderScores? scores;

    /// <param name="config">Fixes hidden size, head width, norm epsilon and rotary embedding; its layers do not matter here.</param>
    /// <param name="threads">Threads of one operator, at least 1; more than <see cref="CpuDevice.Limit"/> allows are not used.</param>
    /// <param name="keepsMemory">Whether sessions keep what they once needed, in arenas that grow by doubling. A large model's blocks are
    /// worth giving it back: beside their arithmetic the system's fresh pages cost nothing.</param>
    /// <param name="place">Where they run, and in what type; null for the processor and float32.</param>
    /// <param name="scoring">Where predictions are judged without their logits; null where logits are wanted.</param>
    /// <exception cref="Errors.BadInputException">The type has no operator for the model's blocks.</exception>
    /// <exception cref="Errors.BrokenEnvironmentException">The machine lacks what the provider needs.</exception>
    public OrtBlockRunner(ModelConfig config, int threads, bool keepsMemory = true, BlockPlace? place = null,
        ServingProvider? scoring = null)
    {
        (this.config, this.place) = (config, place ?? BlockPlace.Processor);
        if (IsNarrow && config.HasExperts)
            throw BlockErrors.Experts(this.place);
        if (IsNarrow && config.HeadDim % HeadWidthStep != 0)
            throw BlockErrors.HeadWidth(config.HeadDim, this.place);
        Threads = CpuDevice.Limit(threads);
        rotary = new(config, this.place);
        var settings = new SessionOptions
        {
            IntraOpNumThreads = Threads,
            InterOpNumThreads = 1,
            ExecutionMode = ExecutionMode.ORT_SEQUENTIAL,
            // Planned memory is kept for every combination of input shapes, and here they change from run to run.
            EnableMemoryPattern = false,
            EnableCpuMemArena = keepsMemory,
        };
        // Each session has threads of its own. Waiting ones would spin, against those of the next session and against everybody else's work.
        settings.AddSessionConfigEntry("session.intra_op.allow_spinning", "0");
        // The softmax of a causal mask is full of denormals, which take most of attention's time and change no sum of float32.
        BlockThread.DenormalsAsZero(settings);
        sessions = new(settings, this.place);
        staying = new(this.place, sessions, run);
        heads = new(this.place);
        narrowHead = new(config, sessions, heads);
        scores = scoring is null ? null : new(config, scoring, threads, IsNarrow ? heads : null);
    }

    public int Threads { get; }

    /// <summary>Output heads in the place's type.</summary>
    internal HeadTensors Heads => heads;

    /// <summary>Results that stay where they were computed.</summary>
    internal StayingTensors Staying => staying;

    private bool IsNarrow => place.Type != OnnxFloat.F32;

    bool IBlockRunner.TakesNarrow => IsNarrow;

    bool IBlockRunner.Scores => scores is not null;

    public BlockResult Attention(AttentionWeights weights, float[] norm, Activations x, bool captureInputs = false)
    {
        using var block = Held(weights, norm);
        return block.Run(x, captureInputs);
    }

    public BlockResult Mlp(MlpWeights weights, float[] norm, Activations x, bool captureInputs = false)
    {
        using var block = Held(weights, norm);
        return block.Run(x, captureInputs);
    }

    IHeldBlock IBlockRunner.Hold(AttentionWeights weights, float[] norm) => Held(weights, norm);

    IHeldBlock IBlockRunner.Hold(MlpWeights weights, float[] norm) => Held(weights, norm);

    public float[] Logits(float[] finalNorm, Matrix head, Activations x, ReadOnlySpan<int> rows)
    {
        var logits = LargeArray.Uninitialized<float>((long)rows.Length * head.Rows);
        Logits(finalNorm, head, x, rows, logits);
        return logits;
    }

    public void Logits(float[] finalNorm, Matrix head, Activations x, ReadOnlySpan<int> rows, float[] logits)
    {
        if (rows.Length == 0)
            return;
        if (IsNarrow)
        {
            narrowHead.Run(run, staying, finalNorm, head, x, rows, logits);
            return;
        }

        var session = sessions.Of(nameof(BlockNodes.HeadGraph), () => BlockNodes.HeadGraph(config));
        using TensorSet inputs = new(), output = new();
        inputs.Add("x", x.Take(rows), rows.Length, x.Width);
        inputs.Add("norm", finalNorm, finalNorm.Length);
        inputs.Add("head", head);
        output.Add("logits", logits, rows.Length, head.Rows);
        using var binding = session.Session.CreateIoBinding();
        inputs.BindTo(binding);
        output.BindOutputsTo(binding);
        session.Run(run, binding, "the output head");
    }

    HeadScores IBlockRunner.Score(HeadQuestion question) => scores!.Score(question);

    /// <summary>Closes the sessions with the memory that they keep; the next call opens them again. What stayed there comes to the host.</summary>
    public void Rest()
    {
        scores?.Dispose();
        heads.Dispose();
        staying.Dispose();
        sessions.Close();
    }

    public void Dispose()
    {
        Rest();
        sessions.Dispose();
        run.Dispose();
    }

    private OrtBlock Held(AttentionWeights weights, float[] norm)
    {
        BlockShapes.Require(weights, config);
        var (name, kind) = (BlockErrors.Name(weights.Layer, "attention"), weights.Kind);
        var variant = AttentionVariant.Of(weights);
        if (IsNarrow)
        {
            var narrow = NarrowAttention.Of(weights, place);
            var apart = narrow.TurnsApart(config);
            return Hold(sessions.Of(narrow, () => narrow.Graph(config)), new(name, weights.Output.Cols, CountsBeyond: true, (inputs, windows, tokens) =>
            {
                if (variant.Rotates)
                    rotary.AddNarrow(inputs, kind, tokens);
                if (apart)
                    rotary.AddPositions(inputs, windows, tokens);
                inputs.Add("last_keys", [.. Enumerable.Repeat(tokens - 1, windows)], windows);
                inputs.Add("total", [tokens]);
            }), norm, inputs => BlockWeights.Add(inputs, new NarrowWeights(place, name), weights));
        }

        return Hold(sessions.Of(variant, () => variant.Graph(config)), new(name, weights.Output.Cols, CountsBeyond: false, (inputs, windows, tokens) =>
        {
            if (variant.Rotates)
            {
                rotary.Add(inputs, kind, tokens);
                rotary.AddPositions(inputs, windows, tokens);
            }

            if (variant.Windowed || config.ScoreCap is not null)
                inputs.Add("mask", masks.Of(kind.Window, ahead: config.ScoreCap is not null, tokens), tokens, tokens);
        }), norm, inputs => BlockWeights.Add(inputs, null, weights));
    }

    private IHeldBlock Held(MlpWeights weights, float[] norm)
    {
        BlockShapes.Require(weights);
        // Weights as inputs leave the runtime no operator that computes the chosen experts alone.
        if (weights.Kind.IsRouted)
            return new CalledBlock((x, captures) => RoutedBlock.Run(weights, norm, config.RmsNormEps, config.ResidualScale, x, captures, Threads));
        var name = BlockErrors.Name(weights.Layer, "MLP");
        if (IsNarrow)
        {
            var narrow = NarrowMlp.Of(weights, place);
            return Hold(sessions.Of(narrow, () => narrow.Graph(config)), new(name, weights.Ffn, CountsBeyond: true, null), norm,
                inputs => BlockWeights.Add(inputs, new NarrowWeights(place, name), weights));
        }

        var variant = MlpVariant.Of(weights);
        return Hold(sessions.Of(variant, () => variant.Graph(config)), new(name, weights.Ffn, CountsBeyond: false, null), norm,
            inputs => BlockWeights.Add(inputs, null, weights));
    }

    private OrtBlock Hold(BlockSession session, BlockParts parts, float[] norm, Action<TensorSet> weights)
    {
        var inputs = new TensorSet();
        try
        {
            weights(inputs);
            if (config.NormsBefore)
                inputs.Add("norm", norm, norm.Length);
            return new(session, place, staying, run, parts, inputs);
        }
        catch
        {
            inputs.Dispose();
            throw;
        }
    }
}
