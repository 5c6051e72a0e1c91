using ForgePrune.Model;
using ForgePrune.Refit;

namespace ForgePrune.Onnx.Tests.Forward;

/// <summary>Levels that keep the first heads and channels of every layer; counts how often one is made.</summary>
internal sealed class PrefixLevels(IDecoderModel dense) : ILevelSource
{
    public int Made { get; private set; }

    public AttentionWeights? Attention(int layer, LayerShape shape)
    {
        Made++;
        if (!shape.HasAttention)
            return null;
        var full = dense.ReadLayer(layer).Attention!;
        var (queries, keys) = (shape.QueryHeads * dense.Config.HeadDim, shape.KvHeads * dense.Config.HeadDim);
        return full with
        {
            KvHeads = shape.KvHeads,
            QueryHeads = shape.QueryHeads,
            Query = Rows(full.Query, queries),
            Key = Rows(full.Key, keys),
            Value = Rows(full.Value, keys),
            Output = Columns(full.Output, queries),
        };
    }

    public MlpWeights? Mlp(int layer, LayerShape shape)
    {
        Made++;
        var full = dense.ReadLayer(layer).Mlp!;
        return shape.HasMlp
            ? full with { Gate = Rows(full.Gate, shape.Ffn), Up = Rows(full.Up, shape.Ffn), Down = Columns(full.Down, shape.Ffn) }
            : null;
    }

    /// <summary>The model that a plan stands for, its blocks taken from this source unless they stay whole.</summary>
    public InMemoryModel Compact(IReadOnlyList<LayerShape> shapes)
    {
        var layers = shapes.Select((shape, index) =>
        {
            var full = dense.Config.Layers[index];
            var layer = dense.ReadLayer(index);
            return layer with
            {
                Attention = (shape.KvHeads, shape.QueryHeads) == (full.KvHeads, full.QueryHeads) ? layer.Attention : Attention(index, shape),
                Mlp = shape.Ffn == full.Ffn ? layer.Mlp : Mlp(index, shape),
            };
        });
        var head = dense.Config.TiedEmbeddings ? null : dense.ReadHead();
        return new InMemoryModel(dense.Config with { Layers = shapes }, [.. layers], dense.ReadEmbedding(), dense.ReadFinalNorm(), head);
    }

    private static Matrix Rows(Matrix matrix, int rows) => new(rows, matrix.Cols, matrix.Values[..(rows * matrix.Cols)]);

    private static Matrix Columns(Matrix matrix, int cols) =>
        new(matrix.Rows, cols, [.. Enumerable.Range(0, matrix.Rows).SelectMany(row => matrix.Row(row)[..cols].ToArray())]);
}
