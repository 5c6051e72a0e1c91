namespace ForgePrune.Calibration;

/// <summary>The Grams of a model's output projections on some text.</summary>
public interface IGramSource
{
    /// <summary>Reads the Gram of the inputs of o_proj.</summary>
    /// <param name="layer">The index of the layer, from 0.</param>
    /// <param name="cols">The number of columns, queryHeads·headDim of the dense layer.</param>
    /// <exception cref="Errors.BadInputException">The file is missing or damaged, belongs to another source, or has another number of columns.</exception>
    GramStatistics Attention(int layer, int cols);

    /// <summary>Reads the Gram of the inputs of down_proj.</summary>
    /// <param name="layer">The index of the layer, from 0.</param>
    /// <param name="cols">The number of columns, the FFN width of the dense layer.</param>
    /// <exception cref="Errors.BadInputException">The file is missing or damaged, belongs to another source, or has another number of columns.</exception>
    GramStatistics Mlp(int layer, int cols);

    /// <summary>Reads the Gram of the inputs of one expert's down_proj: of the tokens that pass it, each times its weight for the expert, with as many other
    /// tokens as it has fewer of them than channels.</summary>
    /// <param name="layer">The index of the layer, from 0.</param>
    /// <param name="expert">The index of the expert, from 0.</param>
    /// <param name="cols">The number of columns, the channels of an expert of the dense layer.</param>
    /// <exception cref="Errors.BadInputException">The file is missing or damaged, belongs to another source, or has another number of columns.</exception>
    /// <exception cref="NotSupportedException">The source has none of experts.</exception>
    GramStatistics Expert(int layer, int expert, int cols) => throw new NotSupportedException("this source has no Grams of experts");
}

/// <summary>The Grams of two texts of one model together, added when they are read.</summary>
/// <param name="First">The Grams of one text.</param>
/// <param name="Second">The Grams of the other text.</param>
public sealed record GramSum(IGramSource First, IGramSource Second) : IGramSource
{
    /// <inheritdoc/>
    public GramStatistics Attention(int layer, int cols) => GramStatistics.Merge(First.Attention(layer, cols), Second.Attention(layer, cols));

    /// <inheritdoc/>
    public GramStatistics Mlp(int layer, int cols) => GramStatistics.Merge(First.Mlp(layer, cols), Second.Mlp(layer, cols));

    /// <inheritdoc/>
    public GramStatistics Expert(int layer, int expert, int cols) =>
        GramStatistics.Merge(First.Expert(layer, expert, cols), Second.Expert(layer, expert, cols));
}
