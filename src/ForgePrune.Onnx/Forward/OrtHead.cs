using System.Numerics.Tensors;
using ForgePrune.Forward;
using ForgePrune.Model;
using Microsoft.ML.OnnxRuntime;

namespace ForgePrune.Onnx.Forward;

/// <summary>Logits by an output head in a type of two bytes, of rows of a stream.</summary>
internal sealed class OrtHead(ModelConfig config, BlockSessions sessions, HeadTensors heads)
{
    /// <exception cref="Errors.BadInputException">A logit is beyond the type.</exception>
    public void Run(RunOptions run, StayingTensors staying, float[] norm, Matrix head, Activations x, ReadOnlySpan<int> rows, float[] logits)
    {
        var session = sessions.Of(nameof(NarrowHead), () => NarrowHead.Graph(config, heads.Place.ElementType));
        using var binding = session.Session.CreateIoBinding();
        using TensorSet inputs = new(), outputs = new();
        binding.BindInput("head", heads.Of(head).Value);
        if (staying.Find(x) is { } tensor)
            binding.BindInput("x", tensor);
        else
            inputs.Add("x", x);
        inputs.Add("rows", Array.ConvertAll(rows.ToArray(), row => (long)row), rows.Length);
        inputs.Add("norm", norm, norm.Length);
        inputs.BindTo(binding);
        outputs.Add("logits", logits, rows.Length, head.Rows);
        outputs.BindOutputsTo(binding);
        session.Run(run, binding, HeadTensors.Name);
        GC.KeepAlive(x);
        // Infinity less infinity is no number, behind a bound on the logits too.
        if (!IsWithin(logits.AsSpan(0, rows.Length * head.Rows)))
        {
            var beyond = Enumerable.Range(0, rows.Length).Count(row => !IsWithin(logits.AsSpan(row * head.Rows, head.Rows)));
            throw BlockErrors.Beyond(HeadTensors.Name, heads.Place, beyond);
        }
    }

    private bool IsWithin(ReadOnlySpan<float> logits) => Math.Abs(TensorPrimitives.MaxMagnitude(logits)) <= heads.Place.Largest;
}
