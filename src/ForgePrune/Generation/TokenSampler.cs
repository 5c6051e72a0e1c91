using System.Numerics.Tensors;

namespace ForgePrune.Generation;

/// <summary>Draws token ids from logits: softmax at a temperature, cut to the smallest set of tokens that holds <paramref name="topP"/>
/// of the probability (nucleus sampling, Holtzman and others 2020). Temperature 0 takes the likeliest, the lowest id where two are equal.</summary>
/// <param name="temperature">At least 0.</param>
/// <param name="topP">In (0, 1].</param>
/// <param name="seed">Equal seeds draw equal tokens from equal logits.</param>
public sealed class TokenSampler(double temperature, double topP, int seed)
{
    private readonly Random random = new(seed);
    private float[] weights = [];
    private int[] order = [];

    /// <summary>A sampler that always takes the likeliest token.</summary>
    public static TokenSampler Greedy() => new(0, 1, 0);

    /// <summary>Draws the id of the next token.</summary>
    /// <param name="logits">Logits of one position, vocab values.</param>
    public int Draw(ReadOnlySpan<float> logits)
    {
        if (temperature == 0)
            return TensorPrimitives.IndexOfMax(logits);
        if (weights.Length != logits.Length)
            weights = new float[logits.Length];
        TensorPrimitives.Subtract(logits, TensorPrimitives.Max(logits), weights);
        TensorPrimitives.Multiply(weights, (float)(1 / temperature), weights);
        TensorPrimitives.Exp(weights, weights);
        return topP < 1 ? DrawFromNucleus() : Pick(weights, random.NextDouble() * Sum(weights));
    }

    private int DrawFromNucleus()
    {
        if (order.Length != weights.Length)
            order = new int[weights.Length];
        for (var i = 0; i < order.Length; i++)
            order[i] = i;
        // Heaviest first; equal weights keep the order of their ids, so that the cut is the same everywhere.
        Array.Sort(order, (a, b) => weights[b] != weights[a] ? weights[b].CompareTo(weights[a]) : a.CompareTo(b));
        var enough = topP * Sum(weights);
        var (count, held) = (0, 0.0);
        while (count < order.Length && held < enough)
            held += weights[order[count++]];
        var target = random.NextDouble() * held;
        for (var i = 0; i < count - 1; i++)
        {
            target -= weights[order[i]];
            if (target < 0)
                return order[i];
        }
        return order[count - 1];
    }

    /// <summary>The first id at which the running sum passes <paramref name="target"/>. Blocks are summed first: the vocabulary is long.</summary>
    private static int Pick(ReadOnlySpan<float> weights, double target)
    {
        var last = 0;
        for (var start = 0; start < weights.Length; start += Block)
        {
            var block = weights.Slice(start, Math.Min(Block, weights.Length - start));
            double sum = TensorPrimitives.Sum(block);
            if (target >= sum)
            {
                target -= sum;
                continue;
            }
            for (var i = 0; i < block.Length; i++)
            {
                if (block[i] == 0)
                    continue;
                last = start + i;
                target -= block[i];
                if (target < 0)
                    return last;
            }
        }
        return last > 0 ? last : TensorPrimitives.IndexOfMax(weights);
    }

    /// <summary>Sum of the block sums, as <see cref="Pick"/> subtracts them: both round alike.</summary>
    private static double Sum(ReadOnlySpan<float> weights)
    {
        var sum = 0.0;
        for (var start = 0; start < weights.Length; start += Block)
            sum += TensorPrimitives.Sum(weights.Slice(start, Math.Min(Block, weights.Length - start)));
        return sum;
    }

    private const int Block = 256;
}
