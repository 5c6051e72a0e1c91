namespace ForgePrune.Testing.Reference;

/// <summary>A whole decoder in float64.</summary>
/// <param name="layers">One per layer, in order.</param>
/// <param name="final">Norm before the head.</param>
public sealed class ReferenceDecoder(bool tied, IReadOnlyList<ReferenceLayer> layers, ReferenceBlocks final)
{
    /// <summary>The factor of the embedding's rows.</summary>
    public double Embedding { get; init; } = 1;

    /// <summary>The factor of what a block adds.</summary>
    public double Residual { get; init; } = 1;

    /// <summary>What the logits are divided by.</summary>
    public double Divisor { get; init; } = 1;

    /// <summary>c of logits c·tanh(z/c); null for none.</summary>
    public double? Cap { get; init; }

    /// <summary>Logits (ids × vocab).</summary>
    /// <param name="tokens">Ids of one window; windows do not see each other.</param>
    /// <param name="tensor">Values by name, without <c>model.</c> before it; null for biases and norms that the model has not.</param>
    public double[] Logits(ReadOnlySpan<int> ids, int tokens, Func<string, double[]?> tensor)
    {
        var (embedding, norm) = (tensor("embed_tokens.weight")!, tensor("norm.weight")!);
        var hidden = norm.Length;
        var x = new double[ids.Length * hidden];
        for (var row = 0; row < ids.Length; row++)
            embedding.AsSpan(ids[row] * hidden, hidden).CopyTo(x.AsSpan(row * hidden));
        for (var i = 0; i < x.Length; i++)
            x[i] *= Embedding;
        for (var index = 0; index < layers.Count; index++)
        {
            var layer = layers[index];
            var start = $"layers.{index}.";
            double[]? Named(string name) => tensor(start + name);
            if (layer.KvHeads > 0)
                Add(layer.Blocks.Mixed(x, tokens, layer.QueryHeads, layer.KvHeads, Named), layer.Blocks, Named, "self_attn.o_proj", "post_attention_layernorm");
            if (layer is { Mlp: true, Experts: { } experts })
            {
                var added = layer.Blocks.Experts(x, experts.PerToken, experts.Normalized, Named);
                for (var i = 0; i < x.Length; i++)
                    x[i] += Residual * added[i];
            }
            else if (layer.Mlp)
                Add(layer.Blocks.Units(x, Named), layer.Blocks, Named, "mlp.down_proj", "post_feedforward_layernorm");
        }

        return [.. ReferenceBlocks.Linear(final.Norm(x, norm), hidden, tied ? embedding : tensor("lm_head.weight")!, null)
            .Select(logit => ReferenceBlocks.Bound(logit / Divisor, Cap))];

        void Add(double[] inputs, ReferenceBlocks blocks, Func<string, double[]?> named, string projection, string behind)
        {
            var projected = ReferenceBlocks.Linear(inputs, inputs.Length / (x.Length / hidden), named(projection + ".weight")!, named(projection + ".bias"));
            var added = blocks.Added(projected, behind, named);
            for (var i = 0; i < x.Length; i++)
                x[i] += Residual * added[i];
        }
    }
}

/// <param name="KvHeads">0 where the layer has no attention block.</param>
/// <param name="Mlp">Whether it has an MLP block.</param>
/// <param name="Experts">How its experts are chosen and weighed; null where it has none.</param>
public sealed record ReferenceLayer(int KvHeads, int QueryHeads, bool Mlp, ReferenceBlocks Blocks, ReferenceExperts? Experts = null);

/// <param name="PerToken">How many a token passes.</param>
/// <param name="Normalized">Whether their weights add up to one.</param>
public sealed record ReferenceExperts(int PerToken, bool Normalized);
