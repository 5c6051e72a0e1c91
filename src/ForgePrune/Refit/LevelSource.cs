using ForgePrune.Calibration;
using ForgePrune.IO;
using ForgePrune.Kernels;
using ForgePrune.Levels;
using ForgePrune.Model;

namespace ForgePrune.Refit;

/// <summary>The weights of any level, computed on demand. Dense layers, factors and finished weights are cached within a number of
/// bytes. Returned weights are shared and must not be written to. Not thread-safe.</summary>
public sealed class LevelSource : ILevelSource, IKeptSets
{
    /// <summary>The version of the result: it changes when the same level gets different weights.</summary>
    public static StageFormat Format { get; } = new("level weights", 4);

    private readonly IDecoderModel model;
    private readonly IKeptSets sets;
    private readonly IOutputProjections outputs;
    private readonly LevelCache cache;

    private LevelSource(IDecoderModel model, IKeptSets sets, IOutputProjections outputs, LevelCache cache) =>
        (this.model, this.sets, this.outputs, this.cache) = (model, sets, outputs, cache);

    /// <inheritdoc/>
    public bool AddsOutputBias => outputs.AddsBias;

    /// <inheritdoc/>
    public bool RefitsWhole => outputs.RefitsWhole;

    /// <summary>Levels whose output projections are refitted by least squares from the Grams: Ŵ_K = W·H_:,K·(H_KK)⁻¹ for the kept columns K, with the
    /// damped Hessian H (Optimal Brain Compression, Frantar and Alistarh 2022).</summary>
    /// <param name="cacheBytes">The bytes of dense layers, factors and weights that are kept between calls.</param>
    /// <param name="device">The device that factorizes Hessians.</param>
    public static LevelSource Refitting(IDecoderModel model, LevelDatabase levels, IGramSource grams, long cacheBytes, IPruningDevice device)
    {
        var cache = new LevelCache(cacheBytes);
        return new LevelSource(model, levels, new OutputRefit(levels, new DenseProblems(levels, grams, device.Threads), cache, device), cache);
    }

    /// <summary>Levels around a refitted plan: each block is refitted on the activations of that pruned network.</summary>
    /// <param name="unpruned">The dense model with the linear maps of the refit.</param>
    /// <param name="moments">The moments of that refit.</param>
    /// <param name="cacheBytes">The bytes of dense layers, factors and weights that are kept between calls.</param>
    /// <param name="device">The device that factorizes Hessians.</param>
    public static LevelSource Around(IDecoderModel unpruned, LevelDatabase levels, StreamMoments moments, long cacheBytes, IPruningDevice device)
    {
        var cache = new LevelCache(cacheBytes);
        return new LevelSource(unpruned, levels, new OutputRefit(levels, moments, cache, device), cache);
    }

    /// <summary>Levels that gather the units of <paramref name="sets"/> without any weight update.</summary>
    /// <param name="cacheBytes">The bytes of dense layers, factors and weights that are kept between calls.</param>
    public static LevelSource Gathering(IDecoderModel model, IKeptSets sets, long cacheBytes) =>
        new(model, sets, new OutputSlice(), new LevelCache(cacheBytes));

    /// <summary>The same levels with finished output projections kept in files.</summary>
    /// <param name="source">The hash of everything that the levels depend on.</param>
    public LevelSource StoredIn(string folder, SourceHash source) => new(model, sets, new StoredOutputs(outputs, folder, source), cache);

    /// <summary>Empties the cache.</summary>
    public void Forget() => cache.Clear();

    /// <inheritdoc/>
    public AttentionWeights? Attention(int layer, LayerShape shape)
    {
        var level = new AttentionLevel(shape.KvHeads, shape.QueryHeads);
        if (!shape.HasAttention)
            return null;
        var full = model.Config.Layers[layer];
        if (!RefitsWhole && level == new AttentionLevel(full.KvHeads, full.QueryHeads))
            return Dense(layer).Attention;
        return cache.Get((layer, level), () =>
        {
            var (dense, heads) = (Dense(layer).Attention!, sets.Heads(layer, level));
            return BlockCompaction.Attention(dense, heads, outputs.Attention(layer, dense, heads));
        }, WeightBytes.Of);
    }

    /// <inheritdoc/>
    public MlpWeights? Mlp(int layer, LayerShape shape)
    {
        if (!shape.HasMlp)
            return null;
        if (!RefitsWhole && shape.Ffn == model.Config.Layers[layer].Ffn)
            return Dense(layer).Mlp;
        return cache.Get((layer, shape.Ffn, shape.ExpertWidth), () =>
        {
            var (dense, channels) = (Dense(layer).Mlp!, sets.Channels(layer, shape));
            return BlockCompaction.Mlp(dense, channels, outputs.Mlp(layer, dense, channels));
        }, WeightBytes.Of);
    }

    /// <inheritdoc/>
    public IReadOnlyList<int> Heads(int layer, AttentionLevel level) => sets.Heads(layer, level);

    /// <inheritdoc/>
    public IReadOnlyList<int> Channels(int layer, int width) => sets.Channels(layer, width);

    /// <inheritdoc/>
    public IReadOnlyList<int> Channels(int layer, LayerShape shape) => sets.Channels(layer, shape);

    private LayerWeights Dense(int layer) => cache.Get(("dense", layer), () => model.ReadLayer(layer), WeightBytes.Of);
}
