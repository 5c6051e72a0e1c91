using ForgePrune.Checkpoints;
using ForgePrune.Gguf.Container;
using ForgePrune.Model;
using ForgePrune.Quantization;

namespace ForgePrune.Gguf.Layers;

/// <summary>The tensors of one layer of a file.</summary>
internal sealed class LayerTensorList(ModelConfig config, GgufArchitecture architecture, GgufType type, LayerSource source, int threads)
{
    private readonly int hidden = config.HiddenSize;

    /// <param name="index">Of the layer in the file.</param>
    public IEnumerable<FileTensor> Of(int index, PackedLayer layer)
    {
        var name = $"blk.{index}.";
        return (layer.Shape.HasAttention ? Attention(name, layer) : []).Concat(layer.Experts > 0 ? Experts(name, layer) : Mlp(name, layer));
    }

    private IEnumerable<FileTensor> Attention(string name, PackedLayer layer)
    {
        var (queries, keys) = (layer.Shape.QueryHeads * config.HeadDim, layer.Shape.KvHeads * config.HeadDim);
        AttentionWeights Weights() => source.Read(layer.Attention!.Value).Weights.Attention!;
        QuantizedAttention? Codes() => source.Read(layer.Attention!.Value).Codes?.Attention;
        FileTensor Vector(string part, int length, Func<float[]> values) =>
            TensorList.Vector(name + part, length, layer.Attention is null ? () => [] : values);
        FileTensor Matrix(string part, int cols, params (int Rows, Func<TensorRows> Read)[] parts) =>
            Stored(name + part, cols, layer.Attention is not null, parts);

        if (config.NormsBefore)
            yield return Vector("attn_norm.weight", hidden, () => source.Read(layer.Attention!.Value).Weights.AttentionNorm);
        TensorRows Query() => new(Weights().Query, Codes()?.Query, Order);
        TensorRows Key() => new(Weights().Key, Codes()?.Key, Order);
        TensorRows Value() => new(Weights().Value, Codes()?.Value);
        if (architecture.JoinsQkv)
        {
            yield return Matrix("attn_qkv.weight", hidden, (queries, Query), (keys, Key), (keys, Value));
        }
        else
        {
            yield return Matrix("attn_q.weight", hidden, (queries, Query));
            yield return Matrix("attn_k.weight", hidden, (keys, Key));
            yield return Matrix("attn_v.weight", hidden, (keys, Value));
        }

        yield return Matrix("attn_output.weight", queries, (hidden, () => new(Weights().Output, Codes()?.Output)));
        if (config.QkvBias)
        {
            yield return Vector("attn_q.bias", queries, () => Ordered(Weights().QueryBias!));
            yield return Vector("attn_k.bias", keys, () => Ordered(Weights().KeyBias!));
            yield return Vector("attn_v.bias", keys, () => Weights().ValueBias!);
        }

        if (config.OutputBias)
            yield return Vector("attn_output.bias", hidden, () => Weights().OutputBias!);
        if (config.QkNorm)
        {
            yield return Vector("attn_q_norm.weight", config.HeadNormWidth(layer.Shape.QueryHeads), () => Weights().QueryNorm!);
            yield return Vector("attn_k_norm.weight", config.HeadNormWidth(layer.Shape.KvHeads), () => Weights().KeyNorm!);
        }

        if (config.NormsBehind)
            yield return Vector("post_attention_norm.weight", hidden, () => Weights().PostNorm!);
    }

    /// <summary>The matrices of all experts of a layer are one tensor each.</summary>
    private IEnumerable<FileTensor> Experts(string name, PackedLayer layer)
    {
        MlpWeights Weights() => source.Read(layer.Mlp!.Value).Weights.Mlp!;
        FileTensor All(string part, int rows, int cols, Func<int, int, Matrix> expert) =>
            Stored(name + part, cols, there: true, [.. Enumerable.Range(0, layer.Experts)
                .Select(index => (rows, (Func<TensorRows>)(() => new TensorRows(expert(index, Weights().Kind.ExpertWidth)))))], layer.Experts);

        yield return TensorList.Vector(name + "ffn_norm.weight", hidden, () => source.Read(layer.Mlp!.Value).Weights.MlpNorm);
        // llama.cpp keeps the router in float32 whatever the type of the file.
        yield return new(new GgufTensor(name + "ffn_gate_inp.weight", GgmlType.F32, layer.Experts, hidden), stream =>
            new TensorRows(Weights().Router!).Write(stream, new GgufTensor("", GgmlType.F32, layer.Experts, hidden), threads));
        yield return All("ffn_gate_exps.weight", layer.Shape.Ffn, hidden, (index, width) => ExpertWeights.Rows(Weights().Gate, index, width)!);
        yield return All("ffn_up_exps.weight", layer.Shape.Ffn, hidden, (index, width) => ExpertWeights.Rows(Weights().Up, index, width)!);
        yield return All("ffn_down_exps.weight", hidden, layer.Shape.Ffn, (index, width) => ExpertWeights.Columns(Weights().Down, index, width)!);
    }

    private IEnumerable<FileTensor> Mlp(string name, PackedLayer layer)
    {
        var width = layer.Shape.Ffn;
        MlpWeights Weights() => source.Read(layer.Mlp!.Value).Weights.Mlp!;
        QuantizedMlp? Codes() => source.Read(layer.Mlp!.Value).Codes?.Mlp;
        FileTensor Vector(string part, int length, Func<float[]> values) => TensorList.Vector(name + part, length, layer.Mlp is null ? () => [] : values);
        FileTensor Matrix(string part, int cols, params (int Rows, Func<TensorRows> Read)[] parts) => Stored(name + part, cols, layer.Mlp is not null, parts);
        TensorRows Gate() => new(Weights().Gate, Codes()?.Gate);
        TensorRows Up() => new(Weights().Up, Codes()?.Up);

        if (config.NormsBefore)
            yield return Vector("ffn_norm.weight", hidden, () => source.Read(layer.Mlp!.Value).Weights.MlpNorm);
        if (architecture.JoinsGateUp)
        {
            yield return Matrix("ffn_up.weight", hidden, (width, Gate), (width, Up));
        }
        else
        {
            yield return Matrix("ffn_gate.weight", hidden, (width, Gate));
            yield return Matrix("ffn_up.weight", hidden, (width, Up));
        }

        yield return Matrix("ffn_down.weight", width, (hidden, () => new(Weights().Down, Codes()?.Down)));
        if (config.GateUpBias)
        {
            yield return Vector("ffn_gate.bias", width, () => Weights().GateBias!);
            yield return Vector("ffn_up.bias", width, () => Weights().UpBias!);
        }

        if (config.DownBias)
            yield return Vector("ffn_down.bias", hidden, () => Weights().DownBias!);
        if (config.NormsBehind)
            yield return Vector("post_ffw_norm.weight", hidden, () => Weights().PostNorm!);
    }

    /// <summary>The rows of all parts one after the other, each part filled up with rows of zeros. Rows that are no whole blocks are float16
    /// where others are codes.</summary>
    /// <param name="there">Whether the parts can be read; zeros stand for them otherwise.</param>
    /// <param name="experts">Where every part is the matrix of an expert, their number; null makes the parts one matrix.</param>
    private FileTensor Stored(string name, int cols, bool there, (int Rows, Func<TensorRows> Read)[] parts, int? experts = null)
    {
        var rows = parts.Sum(part => part.Rows) / (experts ?? 1);
        var projection = GgufTypes.Projection(type);
        var stored = projection.CodeBits() > 0 && cols % GgmlTypes.Block != 0 ? GgmlType.F16 : projection;
        var tensor = new GgufTensor(name, stored, rows, cols) { Experts = experts };
        return new(tensor, stream =>
        {
            var zeros = new byte[tensor.Type.RowBytes(cols)];
            foreach (var (all, part) in parts)
            {
                var left = all;
                if (there)
                {
                    var read = part();
                    read.Write(stream, tensor, threads);
                    left -= read.Weights.Rows;
                }

                for (; left > 0; left--)
                    stream.Write(zeros);
            }
        });
    }

    private int Order(int row) => architecture.TurnsPairs ? RotaryOrder.HalfSplitRow(row, config.HeadDim) : row;

    private float[] Ordered(float[] bias) => [.. Enumerable.Range(0, bias.Length).Select(row => bias[Order(row)])];
}
