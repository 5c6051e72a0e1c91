using ForgePrune.Kernels;
using ForgePrune.Model;
using ForgePrune.Search;

namespace ForgePrune.Training;

/// <summary>A frozen model with the parameters of a scope beside it. At first they change nothing: B is zero, and factors are one.</summary>
internal sealed class ScopedWeights : ITrainedWeights
{
    private readonly IDecoderModel model;
    private readonly FrozenWeights frozen;

    /// <param name="model">Read while this and the models it makes are used.</param>
    /// <param name="seed">Of the random A.</param>
    public ScopedWeights(IDecoderModel model, RecoveryScope scope, long seed)
    {
        (this.model, frozen, Layout) = (model, new FrozenWeights(model), new ParameterLayout(model.Config, scope));
        Values = LargeArray.Zeros<float>(Layout.Count);
        var random = new SearchRandom((ulong)seed);
        foreach (var parameter in Layout.Parameters)
            Begin(parameter, Layout.Of(Values, parameter), random);
    }

    public ModelConfig Config => model.Config;

    public ParameterLayout Layout { get; }

    public float[] Values { get; }

    public ReadOnlySpan<float> Of(TensorRole role, int layer, ParameterPart part)
    {
        var trained = Layout.Of(Values, role, layer, part);
        return trained.IsEmpty ? frozen.Of(role, layer, part) : trained;
    }

    public IDecoderModel ToModel() => new InMemoryModel(
        Config, Merged, model.ReadEmbedding, NormForm.Settled(Config, Layout.Of(Values, TensorRole.FinalNorm).ToArray()),
        Config.TiedEmbeddings ? null : model.ReadHead);

    private void Begin(ParameterSpec parameter, Span<float> values, SearchRandom random)
    {
        switch (parameter.Part)
        {
            case ParameterPart.Whole:
                frozen.Of(parameter.Tensor.Role, parameter.Tensor.Layer, ParameterPart.Whole).CopyTo(values);
                break;
            case ParameterPart.LowRankIn:
                // Variance 1 / inputs: A·x is then about as large as an element of x.
                var bound = Math.Sqrt(3.0 / parameter.Cols);
                foreach (ref var value in values)
                    value = (float)(bound * (2 * random.NextWord() / (double)ulong.MaxValue - 1));
                break;
            case ParameterPart.InputScale:
                values.Fill(1);
                break;
        }
    }

    private LayerWeights Merged(int index)
    {
        var layer = model.ReadLayer(index);
        return LayerTensors.Build(Config, index, tensor => Merged(tensor, LayerTensors.Values(layer, tensor)!));
    }

    private float[] Merged(TensorSpec tensor, float[] weight)
    {
        Span<float> Part(ParameterPart part) => Layout.Of(Values, tensor.Role, tensor.Layer, part);
        if (Part(ParameterPart.Whole) is { IsEmpty: false } whole)
            return tensor.Role.IsNorm() ? NormForm.Settled(Config, whole.ToArray()) : whole.ToArray();
        var result = weight.ToArray();
        if (Part(ParameterPart.LowRankIn) is { IsEmpty: false } lowRank)
        {
            Product.Multiply(Transpose.No, Transpose.No, tensor.Rows, tensor.Cols, Layout.Scope.Rank, 1, Part(ParameterPart.LowRankOut), Layout.Scope.Rank,
                lowRank, tensor.Cols, 1, result, tensor.Cols, threads: 0);
        }

        if (Part(ParameterPart.InputScale) is { IsEmpty: false } scale)
            ColumnScale.Forward(result, tensor.Rows, tensor.Cols, scale, result, threads: 0);
        return result;
    }
}
