using System.Numerics.Tensors;
using ForgePrune.Forward;
using ForgePrune.Model;
using Microsoft.ML.OnnxRuntime;

namespace ForgePrune.Onnx.Forward;

/// <summary>An output head in a type of two bytes, bound to its session: calls give rows of a stream.</summary>
internal sealed class OrtHead : IDisposable
{
    private readonly BlockSession session;
    private readonly BlockPlace place;
    private readonly OrtIoBinding binding;
    private readonly TensorSet weights = new();

    public OrtHead(BlockSession session, BlockPlace place, Matrix head)
    {
        (this.session, this.place, Head) = (session, place, head);
        new NarrowWeights(place, "the output head").Add(weights, "head", head);
        session.Holders++;
        binding = session.Session.CreateIoBinding();
        weights.BindTo(binding);
    }

    /// <summary>What it was made from. Readers of a model's head share it and do not write to it, so that it stands for its values.</summary>
    public Matrix Head { get; }

    /// <exception cref="Errors.BadInputException">A logit is beyond the type.</exception>
    public void Run(RunOptions run, StayingTensors staying, float[] norm, Activations x, ReadOnlySpan<int> rows, float[] logits, double? cap)
    {
        using TensorSet inputs = new(), outputs = new();
        if (staying.Find(x) is { } tensor)
            binding.BindInput("x", tensor);
        else
            inputs.Add("x", x);
        inputs.Add("rows", Array.ConvertAll(rows.ToArray(), row => (long)row), rows.Length);
        inputs.Add("norm", norm, norm.Length);
        inputs.BindTo(binding);
        outputs.Add("logits", logits, rows.Length, Head.Rows);
        outputs.BindOutputsTo(binding);
        try
        {
            session.Run(run, binding, "the output head");
        }
        finally
        {
            binding.ClearBoundOutputs();
        }

        GC.KeepAlive(x);
        // A bound on the logits hides what was too large in front of it, and nothing is lost by that: there it gives the bound in any type.
        var count = rows.Length * Head.Rows;
        if (cap is null && !(Math.Abs(TensorPrimitives.MaxMagnitude<float>(logits.AsSpan(0, count))) <= place.Largest))
            throw BlockErrors.Beyond("the output head", place, Beyond(logits, rows.Length));
    }

    public void Dispose()
    {
        session.Holders--;
        binding.Dispose();
        weights.Dispose();
    }

    private int Beyond(float[] logits, int rows) => Enumerable.Range(0, rows)
        .Count(row => !(Math.Abs(TensorPrimitives.MaxMagnitude<float>(logits.AsSpan(row * Head.Rows, Head.Rows))) <= place.Largest));
}
