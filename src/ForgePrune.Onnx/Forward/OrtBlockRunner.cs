using ForgePrune.Forward;
using ForgePrune.Kernels;
using ForgePrune.Model;
using ForgePrune.Onnx.Graphs;
using ForgePrune.Onnx.Scores;
using ForgePrune.Serving;
using Microsoft.ML.OnnxRuntime;

namespace ForgePrune.Onnx.Forward;

/// <summary>Runs decoder blocks in ONNX Runtime on the CPU, one session per kind of block, weights as inputs; blocks of experts run in ForgePrune's own
/// products. One caller at a time.</summary>
internal sealed class OrtBlockRunner : IBlockRunner
{
    private readonly ModelConfig config;
    private readonly SessionOptions settings;
    private readonly RunOptions run = new();
    private readonly Dictionary<AttentionVariant, InferenceSession> attention = [];
    private readonly Dictionary<MlpVariant, InferenceSession> mlp = [];
    private InferenceSession? head;
    private readonly Dictionary<bool, RotaryTable> rotary = [];
    private readonly WindowMasks masks = new();
    private readonly ProviderScores? scores;
    private long[] positions = [];

    /// <param name="config">Fixes hidden size, head width, norm epsilon and rotary embedding; its layers do not matter here.</param>
    /// <param name="threads">Threads of one operator, at least 1; more than <see cref="CpuDevice.Limit"/> allows are not used.</param>
    /// <param name="keepsMemory">Whether sessions keep what they once needed, in arenas that grow by doubling. A large model's blocks are
    /// worth giving it back: beside their arithmetic the system's fresh pages cost nothing.</param>
    /// <param name="scoring">Where predictions are judged without their logits; null where logits are wanted.</param>
    public OrtBlockRunner(ModelConfig config, int threads, bool keepsMemory = true, ServingProvider? scoring = null)
    {
        this.config = config;
        Threads = CpuDevice.Limit(threads);
        settings = new SessionOptions
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
        scores = scoring is null ? null : new(config, scoring, threads);
    }

    public int Threads { get; }

    bool IBlockRunner.Scores => scores is not null;

    public BlockResult Attention(AttentionWeights weights, float[] norm, Activations x, bool captureInputs = false)
    {
        CheckShapes(weights);
        var variant = AttentionVariant.Of(weights);
        if (!attention.TryGetValue(variant, out var session))
            attention.Add(variant, session = Open(variant.Graph(config)));
        Grow(x.Windows, x.Tokens);
        using var inputs = new TensorSet();
        if (variant.Rotates)
        {
            var table = Rotary(weights.Kind, x.Tokens);
            inputs.Add("cos", table.Cos, table.Positions, config.RotaryWidth / 2);
            inputs.Add("sin", table.Sin, table.Positions, config.RotaryWidth / 2);
            inputs.Add("positions", positions, x.Windows, x.Tokens);
        }

        if (variant.Windowed || config.ScoreCap is not null)
            inputs.Add("mask", masks.Of(weights.Kind.Window, ahead: config.ScoreCap is not null, x.Tokens), x.Tokens, x.Tokens);
        inputs.Add("query", weights.Query);
        inputs.Add("key", weights.Key);
        inputs.Add("value", weights.Value);
        inputs.Add("output", weights.Output);
        inputs.AddIfThere("query_bias", weights.QueryBias);
        inputs.AddIfThere("key_bias", weights.KeyBias);
        inputs.AddIfThere("value_bias", weights.ValueBias);
        inputs.AddIfThere("output_bias", weights.OutputBias);
        inputs.AddIfThere("query_norm", weights.QueryNorm);
        inputs.AddIfThere("key_norm", weights.KeyNorm);
        inputs.AddIfThere("post_norm", weights.PostNorm);
        return Run(session, inputs, norm, x, captureInputs ? weights.Output.Cols : 0);
    }

    public BlockResult Mlp(MlpWeights weights, float[] norm, Activations x, bool captureInputs = false)
    {
        CheckShapes(weights);
        // Weights as inputs leave the runtime no operator that computes the chosen experts alone.
        if (weights.Kind.IsRouted)
            return RoutedBlock.Run(weights, norm, config.RmsNormEps, config.ResidualScale, x, captureInputs, Threads);
        var variant = MlpVariant.Of(weights);
        if (!mlp.TryGetValue(variant, out var session))
            mlp.Add(variant, session = Open(variant.Graph(config)));
        using var inputs = new TensorSet();
        inputs.Add("gate", weights.Gate);
        inputs.Add("up", weights.Up);
        inputs.Add("down", weights.Down);
        inputs.AddIfThere("gate_bias", weights.GateBias);
        inputs.AddIfThere("up_bias", weights.UpBias);
        inputs.AddIfThere("down_bias", weights.DownBias);
        inputs.AddIfThere("post_norm", weights.PostNorm);
        return Run(session, inputs, norm, x, captureInputs ? weights.Ffn : 0);
    }

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
        var width = x.Width;
        var taken = GC.AllocateUninitializedArray<float>(rows.Length * width);
        for (var i = 0; i < rows.Length; i++)
            x.Values.AsSpan(rows[i] * width, width).CopyTo(taken.AsSpan(i * width));
        this.head ??= Open(BlockNodes.HeadGraph(config));
        using var inputs = new TensorSet();
        inputs.Add("x", taken, rows.Length, width);
        inputs.Add("norm", finalNorm, finalNorm.Length);
        inputs.Add("head", head);
        using var output = new TensorSet();
        output.Add("logits", logits, rows.Length, head.Rows);
        Run(this.head, inputs, output);
    }

    HeadScores IBlockRunner.Score(HeadQuestion question) => scores!.Score(question);

    /// <summary>Closes the sessions with the memory that they keep; the next call opens them again.</summary>
    public void Rest()
    {
        foreach (var session in attention.Values.Concat(mlp.Values))
            session.Dispose();
        head?.Dispose();
        scores?.Dispose();
        attention.Clear();
        mlp.Clear();
        head = null;
    }

    public void Dispose()
    {
        Rest();
        settings.Dispose();
        run.Dispose();
    }

    private InferenceSession Open(OnnxGraph graph) => BlockThread.Invoke(() => new InferenceSession(graph.ToBytes(), settings));

    private void Run(InferenceSession session, TensorSet inputs, TensorSet outputs) => BlockThread.Invoke(() =>
    {
        session.Run(run, inputs.Names, inputs.Values, outputs.Names, outputs.Values);
        return true;
    });

    /// <param name="inputWidth">Width of the output projection's inputs where they are wanted, else 0.</param>
    private BlockResult Run(InferenceSession session, TensorSet inputs, float[] norm, Activations x, int inputWidth)
    {
        var y = Uninitialized(x, x.Width);
        var captured = inputWidth > 0 ? Uninitialized(x, inputWidth) : null;
        if (x.Rows == 0)
            return new BlockResult(y, captured);
        inputs.Add("x", x);
        if (config.NormsBefore)
            inputs.Add("norm", norm, norm.Length);
        using var outputs = new TensorSet();
        outputs.Add("y", y);
        if (captured is not null)
            outputs.Add("inputs", captured);
        Run(session, inputs, outputs);
        return new BlockResult(y, captured);
    }

    private static Activations Uninitialized(Activations like, int width) =>
        new(like.Windows, like.Tokens, width, LargeArray.Uninitialized<float>((long)like.Rows * width));

    /// <summary>The table that a layer turns by, of at least <paramref name="tokens"/> positions.</summary>
    private RotaryTable Rotary(AttentionKind kind, int tokens) => rotary.TryGetValue(kind.Local, out var table) && table.Positions >= tokens
        ? table : rotary[kind.Local] = RotaryTable.Build(config.TurningAs(kind), tokens);

    /// <summary>Makes the position ids (0 … tokens − 1 in every window) fit.</summary>
    private void Grow(int windows, int tokens)
    {
        if (positions.Length != windows * tokens || (tokens > 0 && positions.Length > 0 && positions[^1] != tokens - 1))
        {
            positions = new long[windows * tokens];
            for (var row = 0; row < positions.Length; row++)
                positions[row] = row % tokens;
        }
    }

    /// <summary>The same of experts, which have neither biases nor a norm behind them.</summary>
    private static void CheckShapes(MlpWeights weights)
    {
        var (kind, experts) = (weights.Kind, weights.Kind.Experts(weights.Ffn));
        if (kind.IsRouted && (weights.GateBias ?? weights.UpBias ?? weights.DownBias ?? weights.PostNorm) is not null)
            throw new ArgumentException("a block of experts with biases, or a norm behind it");
        if (kind.IsRouted ? !kind.Allows(weights.Ffn) || weights.Router?.Rows != experts || (weights.RouterBias?.Length ?? experts) != experts
            : weights.Router is not null || weights.RouterBias is not null)
        {
            throw new ArgumentException(
                $"{weights.Ffn} channels and a router of {weights.Router?.Rows ?? 0} rows are no experts of {kind.ExpertWidth} channels");
        }
    }

    /// <summary>The graph takes head counts from the matrices, so a wrong row count would compute something else without complaint.</summary>
    private void CheckShapes(AttentionWeights weights)
    {
        var (query, kv) = (weights.QueryHeads * config.HeadDim, weights.KvHeads * config.HeadDim);
        if (weights.KvHeads <= 0 || weights.QueryHeads % weights.KvHeads != 0 || weights.Query.Rows != query || weights.Output.Cols != query
            || weights.Key.Rows != kv || weights.Value.Rows != kv)
        {
            throw new ArgumentException(
                $"{weights.QueryHeads} query and {weights.KvHeads} key/value heads of width {config.HeadDim} do not fit query {weights.Query.Rows}, "
                + $"key {weights.Key.Rows}, value {weights.Value.Rows} rows and output {weights.Output.Cols} columns");
        }
    }
}
