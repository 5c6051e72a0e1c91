using ForgePrune.Model;

namespace ForgePrune.Decilm;

/// <summary>A model whose FFN widths are filled up with channels of zeros: silu(0)·0 = 0, so that its results are the same.</summary>
internal static class PaddedModel
{
    /// <param name="progress">Told the number of layers read.</param>
    public static IDecoderModel Of(IDecoderModel model, IProgress<int>? progress)
    {
        var config = model.Config with { Layers = [.. model.Config.Layers.Select(layer => layer with { Ffn = DecilmShape.Padded(layer.Ffn) })] };
        return new InMemoryModel(config, Layer, model.ReadEmbedding, model.ReadFinalNorm(), config.TiedEmbeddings ? null : model.ReadHead);

        LayerWeights Layer(int index)
        {
            var layer = model.ReadLayer(index);
            progress?.Report(index + 1);
            return layer.Mlp is { } mlp && mlp.Ffn != config.Layers[index].Ffn ? layer with { Mlp = Padded(mlp, config.Layers[index].Ffn) } : layer;
        }
    }

    private static MlpWeights Padded(MlpWeights mlp, int ffn) => new()
    {
        Gate = Rows(mlp.Gate, ffn),
        Up = Rows(mlp.Up, ffn),
        Down = Columns(mlp.Down, ffn),
    };

    private static Matrix Rows(Matrix matrix, int rows)
    {
        var padded = new Matrix(rows, matrix.Cols);
        matrix.Values.CopyTo(padded.Values.AsSpan());
        return padded;
    }

    private static Matrix Columns(Matrix matrix, int cols)
    {
        var padded = new Matrix(matrix.Rows, cols);
        for (var row = 0; row < matrix.Rows; row++)
            matrix.Row(row).CopyTo(padded.Row(row));
        return padded;
    }
}
