using ForgePrune.Forward;
using ForgePrune.Kernels;
using ForgePrune.Onnx.Graphs;
using Microsoft.ML.OnnxRuntime;

namespace ForgePrune.Onnx.Forward;

/// <summary>A block whose weights are bound to its session. A call binds the residual stream and the results besides, and what depends on the number of
/// tokens where that has changed.</summary>
internal sealed class OrtBlock : IHeldBlock
{
    private readonly BlockSession session;
    private readonly BlockPlace place;
    private readonly StayingTensors staying;
    private readonly RunOptions run;
    private readonly BlockParts parts;
    private readonly OrtIoBinding binding;
    private readonly TensorSet weights;
    private TensorSet? lengths;
    private (int Windows, int Tokens) bound;

    /// <param name="weights">Belongs to the block from here on.</param>
    public OrtBlock(BlockSession session, BlockPlace place, StayingTensors staying, RunOptions run, BlockParts parts, TensorSet weights)
    {
        (this.session, this.place, this.staying, this.run, this.parts, this.weights) = (session, place, staying, run, parts, weights);
        session.Holders++;
        binding = session.Session.CreateIoBinding();
        weights.BindTo(binding);
        if (place.Provider.CudaIndex is null)
            return;
        // They were copied: the host's may go.
        binding.SynchronizeBoundInputs();
        weights.Dispose();
    }

    public BlockResult Run(Activations x, bool captureInputs = false)
    {
        if (x.Rows == 0)
            return new BlockResult(OnHost(x, x.Width), captureInputs ? OnHost(x, parts.InputWidth) : null);
        using var outputs = new TensorSet();
        // Before x is bound, which might have to leave to make room for them.
        var y = Output(outputs, "y", x, x.Width, OnnxType.Float, once: false);
        var inputs = captureInputs ? Output(outputs, "inputs", x, parts.InputWidth, place.ElementType, once: true) : null;
        var beyond = parts.CountsBeyond ? new float[x.Rows] : [];
        if (parts.CountsBeyond)
            outputs.Add("beyond", beyond, x.Windows, x.Tokens, 1);
        outputs.BindOutputsTo(binding);
        BindLengths(x);
        using var host = new TensorSet();
        if (staying.Find(x) is { } tensor)
            binding.BindInput("x", tensor);
        else
            host.Add("x", x);
        host.BindTo(binding);
        try
        {
            session.Run(run, binding, parts.Name);
        }
        finally
        {
            // What is written to is not pinned any longer.
            binding.ClearBoundOutputs();
        }

        GC.KeepAlive(x);
        var tokens = beyond.Count(count => count != 0);
        return tokens == 0 ? new BlockResult(y, inputs) : throw BlockErrors.Beyond(parts.Name, place, tokens);
    }

    public void Dispose()
    {
        session.Holders--;
        binding.Dispose();
        lengths?.Dispose();
        if (place.Provider.CudaIndex is null)
            weights.Dispose();
    }

    private Activations Output(TensorSet outputs, string name, Activations like, int width, OnnxType type, bool once)
    {
        if (place.Stays)
        {
            var (tensor, activations) = staying.New(like, width, type, once);
            binding.BindOutput(name, tensor);
            return activations;
        }

        var values = OnHost(like, width);
        outputs.Add(name, values);
        return values;
    }

    private void BindLengths(Activations x)
    {
        if (parts.Lengths is null || bound == (x.Windows, x.Tokens))
            return;
        lengths?.Dispose();
        parts.Lengths(lengths = new TensorSet(), x.Windows, x.Tokens);
        lengths.BindTo(binding);
        bound = (x.Windows, x.Tokens);
    }

    private static Activations OnHost(Activations like, int width) =>
        new(like.Windows, like.Tokens, width, LargeArray.Uninitialized<float>((long)like.Rows * width));
}

/// <summary>What a block is to a call, apart from its weights.</summary>
/// <param name="Name">As an error calls it.</param>
/// <param name="InputWidth">Of the output projection's inputs.</param>
/// <param name="CountsBeyond">Whether its graph counts values beyond the type.</param>
/// <param name="Lengths">Adds the inputs that depend on the numbers of windows and tokens; null for none.</param>
internal sealed record BlockParts(string Name, int InputWidth, bool CountsBeyond, Action<TensorSet, int, int>? Lengths);
