using ForgePrune.Forward;
using ForgePrune.Model;
using ForgePrune.Testing.Reference;

namespace ForgePrune.Testing;

/// <summary>The decoder blocks of the float64 reference, for small models: what every <see cref="IBlockRunner"/> must equal.</summary>
public sealed class PlainBlockRunner(ModelConfig config) : IBlockRunner
{
    private readonly ReferenceBlocks blocks = ReferenceModel.Blocks(config);

    public int Calls { get; private set; }

    public int Threads => 1;

    public BlockResult Attention(AttentionWeights weights, float[] norm, Activations x, bool captureInputs = false)
    {
        Calls++;
        var own = ReferenceModel.Blocks(config, weights.Kind);
        var mixed = own.Mixed(ReferenceModel.Wide(x.Values), x.Tokens, weights.QueryHeads, weights.KvHeads, name => Wide(name switch
        {
            "input_layernorm.weight" => norm,
            "self_attn.q_proj.weight" => weights.Query.Values,
            "self_attn.q_proj.bias" => weights.QueryBias,
            "self_attn.q_norm.weight" => weights.QueryNorm,
            "self_attn.k_proj.weight" => weights.Key.Values,
            "self_attn.k_proj.bias" => weights.KeyBias,
            "self_attn.k_norm.weight" => weights.KeyNorm,
            "self_attn.v_proj.weight" => weights.Value.Values,
            "self_attn.v_proj.bias" => weights.ValueBias,
            _ => throw new ArgumentOutOfRangeException(nameof(name), name, "not read by an attention block"),
        }));
        return Result(x, mixed, weights.Output, weights.OutputBias, weights.PostNorm, captureInputs);
    }

    public BlockResult Mlp(MlpWeights weights, float[] norm, Activations x, bool captureInputs = false)
    {
        Calls++;
        var units = blocks.Units(ReferenceModel.Wide(x.Values), Named);
        if (weights.Kind is { ExpertWidth: > 0 } kind)
        {
            var shares = blocks.Shares(ReferenceModel.Wide(x.Values), kind.PerToken, kind.Normalized, Named);
            for (var i = 0; i < units.Length; i++)
                units[i] *= shares[i / kind.ExpertWidth];
        }

        return Result(x, units, weights.Down, weights.DownBias, weights.PostNorm, captureInputs);

        double[]? Named(string name) => Wide(name switch
        {
            "post_attention_layernorm.weight" or "pre_feedforward_layernorm.weight" => norm,
            "post_feedforward_layernorm.weight" => weights.PostNorm,
            "mlp.gate_proj.weight" => weights.Gate.Values,
            "mlp.gate_proj.bias" => weights.GateBias,
            "mlp.up_proj.weight" => weights.Up.Values,
            "mlp.up_proj.bias" => weights.UpBias,
            "mlp.gate.weight" => weights.Router?.Values,
            "mlp.gate.bias" => weights.RouterBias,
            _ => throw new ArgumentOutOfRangeException(nameof(name), name, "not read by an MLP block"),
        });
    }

    public float[] Logits(float[] finalNorm, Matrix head, Activations x, ReadOnlySpan<int> rows)
    {
        double[] chosen = [.. rows.ToArray().SelectMany(row => x.Values[(row * x.Width)..((row + 1) * x.Width)]).Select(value => (double)value)];
        var n = blocks.Norm(chosen, ReferenceModel.Wide(finalNorm));
        return Array.ConvertAll(ReferenceBlocks.Linear(n, x.Width, ReferenceModel.Wide(head.Values), null),
            value => (float)ReferenceBlocks.Bound(value / config.LogitDivisor, config.LogitCap));
    }

    public void Dispose()
    {
    }

    private static double[]? Wide(float[]? values) => values is null ? null : ReferenceModel.Wide(values);

    /// <summary>The stream goes on from inputs as float32 holds them: others read them from there.</summary>
    private BlockResult Result(Activations x, double[] exact, Matrix projection, float[]? bias, float[]? behind, bool captureInputs)
    {
        var inputs = new Activations(x.Windows, x.Tokens, projection.Cols, Array.ConvertAll(exact, value => (float)value));
        var projected = ReferenceBlocks.Linear(ReferenceModel.Wide(inputs.Values), inputs.Width, ReferenceModel.Wide(projection.Values), Wide(bias));
        var added = blocks.Added(projected, "", _ => Wide(behind));
        var output = new Activations(x.Windows, x.Tokens, x.Width, [.. x.Values.Zip(added, (value, more) => (float)(value + config.ResidualScale * more))]);
        return new BlockResult(output, captureInputs ? inputs : null);
    }
}
