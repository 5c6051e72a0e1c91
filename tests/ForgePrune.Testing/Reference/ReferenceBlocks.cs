namespace ForgePrune.Testing.Reference;

/// <summary>A decoder layer in float64, as its formulas read: RMSNorm before or behind blocks, rotary halves of as many elements as there are frequencies for,
/// causal grouped-query attention, gated units. Written from the published definition and free of ForgePrune's code, so that what both get wrong alike is
/// nothing that one took from the other.</summary>
/// <param name="frequencies">Radians per position of each rotated pair: headDim/2 where whole heads turn, none where none does.</param>
/// <param name="window">How many positions a token sees, itself included.</param>
public sealed class ReferenceBlocks(int headDim, double eps, double[] frequencies, int window = int.MaxValue)
{
    /// <summary>The factor of scores.</summary>
    public double Scale { get; init; } = 1 / Math.Sqrt(headDim);

    /// <summary>The factor of cosines and sines.</summary>
    public double Turn { get; init; } = 1;

    /// <summary>c of scores c·tanh(s/c); null for none.</summary>
    public double? Cap { get; init; }

    /// <summary>Whether norms stand on what blocks read.</summary>
    public bool Before { get; init; } = true;

    /// <summary>Whether norms stand on what blocks add, under the names that they have in Gemma and OLMo.</summary>
    public bool Behind { get; init; }

    /// <summary>What gates pass through.</summary>
    public Func<double, double> Gate { get; init; } = Silu;

    public static double Silu(double x) => x / (1 + Math.Exp(-x));

    /// <summary>GELU in its approximation by tanh.</summary>
    public static double Gelu(double x) => x / 2 * (1 + Math.Tanh(Math.Sqrt(2 / Math.PI) * (x + (0.044715 * x * x * x))));

    /// <summary>The same as ggml looks it up on CPUs: from a table over all float16 numbers, of float16 numbers.</summary>
    public static double GeluOfHalves(double x) => x <= -10 ? 0 : x >= 10 ? x : (double)(Half)(float)Gelu((double)(Half)(float)x);

    /// <summary>c·tanh(x/c); x itself without a bound.</summary>
    public static double Bound(double x, double? cap) => cap is { } most ? most * Math.Tanh(x / most) : x;

    /// <summary>theta^(−2i/headDim).</summary>
    public static double[] Frequencies(double theta, int headDim) => [.. Enumerable.Range(0, headDim / 2).Select(i => Math.Pow(theta, -2.0 * i / headDim))];

    /// <summary>Llama 3's rule, case by case: short wavelengths are kept, long ones stretched, those between blended.</summary>
    public static double Llama3(double frequency, double factor, double low, double high, double original)
    {
        var wavelength = 2 * Math.PI / frequency;
        if (wavelength < original / high)
            return frequency;
        if (wavelength > original / low)
            return frequency / factor;
        var smooth = ((original / wavelength) - low) / (high - low);
        return ((1 - smooth) * frequency / factor) + (smooth * frequency);
    }

    /// <summary>YaRN: pairs below the lower index are kept, those from the higher on divided, those between on a line. An index is where a pair turns so
    /// many times within the original positions.</summary>
    public static double[] Yarn(double[] plain, double theta, double factor, double original, double fast, double slow, bool whole = true)
    {
        var width = 2.0 * plain.Length;
        double Where(double turns) => width * Math.Log(original / (2 * Math.PI * turns)) / (2 * Math.Log(theta));
        var (low, high) = (Where(fast), Where(slow));
        if (whole)
            (low, high) = (Math.Floor(low), Math.Ceiling(high));
        (low, high) = (Math.Max(0, low), Math.Min(width - 1, high));
        if (low == high)
            high += 0.001;
        var scaled = new double[plain.Length];
        for (var i = 0; i < plain.Length; i++)
        {
            // Where the ends have changed places, as for a long original context and few pairs, this is what the published code computes.
            var divided = Math.Min(1, Math.Max(0, (i - low) / (high - low)));
            scaled[i] = (plain[i] * (1 - divided)) + (plain[i] / factor * divided);
        }

        return scaled;
    }

    /// <summary>The growth of YaRN's cosines.</summary>
    public static double YarnTurn(double factor, double weight = 1) => factor > 1 ? (0.1 * weight * Math.Log(factor)) + 1 : 1;

    /// <summary>The growth of LongRoPE's cosines.</summary>
    public static double LongRopeTurn(double original, double extended) =>
        extended > original ? Math.Sqrt(1 + (Math.Log(extended / original) / Math.Log(original))) : 1;

    /// <summary>Each run of weight.Length values divided by its root mean square, times weight.</summary>
    public double[] Norm(double[] x, double[] weight)
    {
        var y = new double[x.Length];
        for (var start = 0; start < x.Length; start += weight.Length)
        {
            var squares = 0.0;
            for (var i = 0; i < weight.Length; i++)
                squares += x[start + i] * x[start + i];
            var scale = 1 / Math.Sqrt((squares / weight.Length) + eps);
            for (var i = 0; i < weight.Length; i++)
                y[start + i] = x[start + i] * scale * weight[i];
        }

        return y;
    }

    /// <summary>x · weightᵀ + bias, where x has rows of <paramref name="inputs"/> values.</summary>
    public static double[] Linear(double[] x, int inputs, double[] weight, double[]? bias)
    {
        var outputs = weight.Length / inputs;
        var y = new double[x.Length / inputs * outputs];
        for (var i = 0; i < y.Length; i++)
        {
            var (row, output) = (i / outputs * inputs, i % outputs * inputs);
            var sum = bias is null ? 0 : bias[i % outputs];
            for (var k = 0; k < inputs; k++)
                sum += weight[output + k] * x[row + k];
            y[i] = sum;
        }

        return y;
    }

    /// <summary>What o_proj reads: rows of queryHeads·headDim values.</summary>
    /// <param name="x">Residual stream, windows of <paramref name="tokens"/> rows.</param>
    /// <param name="layer">Tensors of the layer by name; null for biases and norms that it has not.</param>
    public double[] Mixed(double[] x, int tokens, int queryHeads, int kvHeads, Func<string, double[]?> layer)
    {
        var n = Before ? Norm(x, layer("input_layernorm.weight")!) : x;
        var hidden = layer("self_attn.q_proj.weight")!.Length / (queryHeads * headDim);
        double[] Projected(string name) => Linear(n, hidden, layer($"self_attn.{name}_proj.weight")!, layer($"self_attn.{name}_proj.bias"));
        var q = Turned(Projected("q"), layer("self_attn.q_norm.weight"), queryHeads, tokens);
        var k = Turned(Projected("k"), layer("self_attn.k_norm.weight"), kvHeads, tokens);
        var v = Projected("v");
        var mixed = new double[q.Length];
        for (var row = 0; row < x.Length / hidden; row++)
            for (var head = 0; head < queryHeads; head++)
                Attend(row, head, head / (queryHeads / kvHeads));
        return mixed;

        void Attend(int row, int head, int kvHead)
        {
            var first = Math.Max(row / tokens * tokens, row - (window - 1L));
            var scores = new double[row - first + 1];
            var to = ((row * queryHeads) + head) * headDim;
            for (var t = 0; t < scores.Length; t++)
            {
                for (var i = 0; i < headDim; i++)
                    scores[t] += q[to + i] * k[((((first + t) * kvHeads) + kvHead) * headDim) + i];
                scores[t] = Bound(scores[t] * Scale, Cap);
            }

            var top = scores.Max();
            var weights = Array.ConvertAll(scores, score => Math.Exp(score - top));
            var sum = weights.Sum();
            for (var t = 0; t < weights.Length; t++)
                for (var i = 0; i < headDim; i++)
                    mixed[to + i] += weights[t] / sum * v[((((first + t) * kvHeads) + kvHead) * headDim) + i];
        }
    }

    /// <summary>What down_proj reads: a(gate) ∘ up.</summary>
    public double[] Units(double[] x, Func<string, double[]?> layer)
    {
        var n = Before ? Norm(x, layer(Behind ? "pre_feedforward_layernorm.weight" : "post_attention_layernorm.weight")!) : x;
        var hidden = layer((Behind ? "post_feedforward" : "post_attention") + "_layernorm.weight")!.Length;
        double[] Projected(string name) => Linear(n, hidden, layer($"mlp.{name}_proj.weight")!, layer($"mlp.{name}_proj.bias"));
        return [.. Projected("gate").Zip(Projected("up"), (gate, up) => Gate(gate) * up)];
    }

    /// <summary>What a block of experts adds to the stream: of every token's <paramref name="perToken"/> likeliest experts the outputs, each times its
    /// likelihood, or that divided by the sum of theirs.</summary>
    /// <param name="layer">Tensors of the layer by Qwen3's names.</param>
    public double[] Experts(double[] x, int perToken, bool normalized, Func<string, double[]?> layer)
    {
        var hidden = layer("post_attention_layernorm.weight")!.Length;
        var n = Norm(x, layer("post_attention_layernorm.weight")!);
        var shares = Shares(x, perToken, normalized, layer);
        var (rows, added) = (x.Length / hidden, new double[x.Length]);
        var experts = shares.Length / rows;
        for (var expert = 0; expert < experts; expert++)
        {
            double[] Projected(double[] from, int width, string name) => Linear(from, width, layer($"mlp.experts.{expert}.{name}_proj.weight")!, null);
            double[] units = [.. Projected(n, hidden, "gate").Zip(Projected(n, hidden, "up"), (gate, up) => gate / (1 + Math.Exp(-gate)) * up)];
            var output = Projected(units, units.Length / rows, "down");
            for (var i = 0; i < added.Length; i++)
                added[i] += shares[(i / hidden * experts) + expert] * output[i];
        }

        return added;
    }

    /// <summary>The weight of every expert for every token (rows × experts); zero of those that it does not pass.</summary>
    public double[] Shares(double[] x, int perToken, bool normalized, Func<string, double[]?> layer)
    {
        var norm = layer("post_attention_layernorm.weight")!;
        var logits = Linear(Norm(x, norm), norm.Length, layer("mlp.gate.weight")!, layer("mlp.gate.bias"));
        var (rows, experts) = (x.Length / norm.Length, logits.Length / (x.Length / norm.Length));
        var shares = new double[logits.Length];
        for (var row = 0; row < rows; row++)
        {
            var own = logits[(row * experts)..((row + 1) * experts)];
            double[] likelihoods = [.. own.Select(logit => Math.Exp(logit - own.Max()))];
            int[] chosen = [.. Enumerable.Range(0, experts).OrderByDescending(expert => own[expert]).Take(perToken)];
            var whole = normalized ? chosen.Sum(expert => likelihoods[expert]) : likelihoods.Sum();
            foreach (var expert in chosen)
                shares[(row * experts) + expert] = likelihoods[expert] / whole;
        }

        return shares;
    }

    /// <summary>What a block adds to the residual stream, from what its projection gives.</summary>
    /// <param name="name">Of the norm: post_attention_layernorm or post_feedforward_layernorm.</param>
    public double[] Added(double[] projected, string name, Func<string, double[]?> layer) => Behind ? Norm(projected, layer(name + ".weight")!) : projected;

    /// <summary>Heads normalised where the model does so, and their halves turned by position: (a, b) → (a cos − b sin, b cos + a sin).</summary>
    private double[] Turned(double[] heads, double[]? norm, int count, int tokens)
    {
        var turned = norm is null ? heads : Norm(heads, norm);
        var half = frequencies.Length;
        for (var head = 0; head < turned.Length / headDim; head++)
            for (var i = 0; i < half; i++)
            {
                var (sin, cos) = Math.SinCos(head / count % tokens * frequencies[i]);
                (sin, cos) = (sin * Turn, cos * Turn);
                var (a, b) = (head * headDim + i, head * headDim + half + i);
                (turned[a], turned[b]) = ((turned[a] * cos) - (turned[b] * sin), (turned[b] * cos) + (turned[a] * sin));
            }

        return turned;
    }
}
