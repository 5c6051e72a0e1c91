namespace ForgePrune.Testing.Reference;

/// <summary>The independent judge of reading: logits of a checkpoint folder in float64, from the bytes of its files and the definition of its
/// class, without a line of ForgePrune's. A tensor that the class has and the folder has not, or the other way round, throws.</summary>
public sealed class RawCheckpoint
{
    private readonly RawConfig config;
    private readonly Dictionary<string, (int[] Shape, double[] Values)> tensors;
    private readonly HashSet<string> read = [];

    public RawCheckpoint(string folder) => (config, tensors) = (new RawConfig(Path.Combine(folder, "config.json")), RawTensors.Read(folder));

    /// <summary>Logits (ids × vocab) of one window.</summary>
    /// <param name="blur">Relative size of a change to every weight, which shows how much rounding alone may move the logits.</param>
    public double[] Logits(int[] ids, double blur = 0)
    {
        ReferenceLayer[] layers = [.. Enumerable.Range(0, config.Layers).Select(index =>
        {
            var (kvHeads, queryHeads, ffn) = config.Layer(index);
            return new ReferenceLayer(kvHeads, queryHeads, ffn > 0, config.Blocks(index), config.Experts(index)?.Rule);
        })];
        var random = new Random(ids.Length);
        var logits = new ReferenceDecoder(config.Tied, layers, config.Blocks(0))
        {
            Embedding = config.EmbeddingScale,
            Residual = config.ResidualScale,
            Divisor = config.LogitDivisor,
            Cap = config.LogitCap,
        }.Logits(ids, ids.Length, name => Tensor(name) is not { } values || blur == 0
            ? Tensor(name) : [.. values.Select(value => value * (1 + (blur * ((2 * random.NextDouble()) - 1))))]);
        RequireNothingElse();
        return logits;
    }

    /// <summary>Null where the class has no such bias or norm.</summary>
    private double[]? Tensor(string name)
    {
        if (ShapeOf(name) is not { } shape)
            return null;
        if (config.Fused && FusedName(name) is { } fused)
            return Rows(fused, name);
        if (config.NamesAsMixtral)
            name = Mixtral.Aggregate(name, (text, part) => text.Replace(part.Usual, part.Own, StringComparison.Ordinal));
        var (found, values) = tensors[name];
        if (!found.SequenceEqual(shape))
            throw new InvalidDataException($"{name} is [{string.Join(", ", found)}] where its class has [{string.Join(", ", shape)}]");
        read.Add(name);
        return config.NormsAddOne && name.EndsWith("norm.weight", StringComparison.Ordinal) ? [.. values.Select(value => 1 + value)] : values;
    }

    private static readonly (string Usual, string Own)[] Mixtral =
        [(".mlp.", ".block_sparse_moe."), ("gate_proj", "w1"), ("up_proj", "w3"), ("down_proj", "w2")];

    private static readonly string[][] FusedParts = [["q_proj", "k_proj", "v_proj"], ["gate_proj", "up_proj"]];

    /// <summary>The name of the tensor that holds the rows of a projection among others; null where none does.</summary>
    private static string? FusedName(string name) => FusedParts.FirstOrDefault(parts => parts.Any(part => name.Contains($".{part}.", StringComparison.Ordinal)))
        is { } parts ? parts.Aggregate(name, (text, part) => text.Replace($".{part}.", parts.Length == 3 ? ".qkv_proj." : ".gate_up_proj.",
            StringComparison.Ordinal)) : null;

    private double[] Rows(string fused, string name)
    {
        var parts = FusedParts.First(parts => parts.Any(part => name.Contains($".{part}.", StringComparison.Ordinal)));
        var own = parts.First(part => name.Contains($".{part}.", StringComparison.Ordinal));
        int Values(string part) => ShapeOf(name.Replace($".{own}.", $".{part}.", StringComparison.Ordinal))!.Aggregate(1, (product, size) => product * size);
        var (found, values) = tensors[fused];
        int all = parts.Sum(Values), width = found.Length == 1 ? 1 : found[1];
        if (values.Length != all || (found.Length == 2 && width != ShapeOf(name)![1]))
            throw new InvalidDataException($"{fused} is [{string.Join(", ", found)}] where its class has {all} values");
        read.Add(fused);
        return values.AsSpan(parts.TakeWhile(part => part != own).Sum(Values), Values(own)).ToArray();
    }

    private int[]? ShapeOf(string name)
    {
        string[] parts = name.Split('.');
        if (parts[0] != "layers")
            return name == "norm.weight" ? [config.Hidden] : [config.Vocab, config.Hidden];
        var (kvHeads, queryHeads, ffn) = config.Layer(int.Parse(parts[1]));
        int query = queryHeads * config.HeadDim, keyValue = kvHeads * config.HeadDim;
        if (parts[2] == "mlp" && config.Experts(int.Parse(parts[1])) is { Width: var width })
        {
            return string.Join('.', [parts[2], .. parts[3..].Where(part => !int.TryParse(part, out _))]) switch
            {
                "mlp.gate.weight" => [ffn / width, config.Hidden],
                "mlp.gate.bias" => null,
                "mlp.experts.gate_proj.weight" or "mlp.experts.up_proj.weight" => [width, config.Hidden],
                "mlp.experts.down_proj.weight" => [config.Hidden, width],
                _ => throw new ArgumentOutOfRangeException(nameof(name), name, "no class has it"),
            };
        }

        return string.Join('.', parts[2..]) switch
        {
            "self_attn.q_proj.weight" => [query, config.Hidden],
            "self_attn.k_proj.weight" or "self_attn.v_proj.weight" => [keyValue, config.Hidden],
            "self_attn.o_proj.weight" => [config.Hidden, query],
            "mlp.gate_proj.weight" or "mlp.up_proj.weight" => [ffn, config.Hidden],
            "mlp.down_proj.weight" => [config.Hidden, ffn],
            "input_layernorm.weight" => config.NormsBefore ? [config.Hidden] : null,
            "post_attention_layernorm.weight" => [config.Hidden],
            "pre_feedforward_layernorm.weight" => config.NormsBehind && config.NormsBefore ? [config.Hidden] : null,
            "post_feedforward_layernorm.weight" => config.NormsBehind ? [config.Hidden] : null,
            "self_attn.q_norm.weight" when config.QkNormAcrossHeads => [query],
            "self_attn.k_norm.weight" when config.QkNormAcrossHeads => [keyValue],
            "self_attn.q_norm.weight" or "self_attn.k_norm.weight" => config.QkNorm ? [config.HeadDim] : null,
            "self_attn.q_proj.bias" => config.QkvBias ? [query] : null,
            "self_attn.k_proj.bias" or "self_attn.v_proj.bias" => config.QkvBias ? [keyValue] : null,
            "self_attn.o_proj.bias" => config.OutputBias ? [config.Hidden] : null,
            "mlp.gate_proj.bias" or "mlp.up_proj.bias" => config.GateUpBias ? [ffn] : null,
            "mlp.down_proj.bias" => config.DownBias ? [config.Hidden] : null,
            _ => throw new ArgumentOutOfRangeException(nameof(name), name, "no class has it"),
        };
    }

    /// <summary>Norms of removed blocks stay in the files and are not read; neither are stored rotary frequencies. A tied head must be the embedding.</summary>
    private void RequireNothingElse()
    {
        foreach (var name in tensors.Keys.Where(name => !read.Contains(name)))
            if (!(name.EndsWith("layernorm.weight", StringComparison.Ordinal) || name.EndsWith(".rotary_emb.inv_freq", StringComparison.Ordinal)
                || (name == "lm_head.weight" && config.Tied && tensors[name].Values.SequenceEqual(tensors["embed_tokens.weight"].Values))))
                throw new InvalidDataException($"{name} is in the folder and its class has no such tensor");
    }
}
