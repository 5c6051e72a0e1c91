using ForgePrune.Kernels;
using ForgePrune.Testing.Reference;
using ForgePrune.Training;

namespace ForgePrune.Testing;

/// <summary>The loss of the float64 reference as a function of all weights: what float32 losses, and differences of which its gradients, must equal.</summary>
public sealed class PlainDecoder(ParameterLayout layout, int window)
{
    private readonly int vocab = layout.Config.VocabSize;
    private readonly ReferenceDecoder decoder = ReferenceModel.Decoder(layout.Config);
    private readonly Dictionary<string, Range> places = Places(layout);

    /// <summary>Logits (ids × vocab).</summary>
    public double[] Logits(double[] weights, ReadOnlySpan<int> ids) =>
        decoder.Logits(ids, window, name => places.TryGetValue(name, out var place) ? weights[place] : null);

    /// <summary>Σ over the predictions of cross-entropy, or of the divergence from a truth's logits.</summary>
    public double Loss(double[] weights, int[] ids, double[]? truth)
    {
        var logits = Logits(weights, ids);
        return Enumerable.Range(0, ids.Length).Where(row => row % window < window - 1).Sum(row =>
        {
            var z = logits.AsSpan(row * vocab, vocab);
            return truth is null ? SoftmaxLossReference.CrossEntropy(z, ids[row + 1]) : SoftmaxLossReference.Divergence(z, truth.AsSpan(row * vocab, vocab));
        });
    }

    private static Dictionary<string, Range> Places(ParameterLayout layout)
    {
        var places = new Dictionary<string, Range>();
        var start = 0;
        foreach (var tensor in layout.Tensors)
        {
            places.Add(ReferenceModel.NameOf(layout.Config, tensor), start..(start + (int)tensor.Elements));
            start += (int)tensor.Elements;
        }

        return places;
    }
}
