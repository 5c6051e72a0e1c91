using ForgePrune.Model;
using ForgePrune.Testing;

namespace ForgePrune.Onnx.Tests.Forward;

/// <summary>Heads, biases, norms, and rotations of every kind, and all families. Head widths are multiples of 8, as float16 needs them.</summary>
internal static class BlockVariants
{
    public static ModelConfig Plain { get; } = Made.Config(48, 16, 50);

    public static IEnumerable<TestCaseData> All()
    {
        yield return Case("multi-head", Plain, 3, 3);
        yield return Case("grouped", Plain, 2, 6);
        yield return Case("one KV head", Plain, 1, 5);
        yield return Case("one head", Plain, 1, 1);
        yield return Case("head width 8, turned apart", Plain with { HeadDim = 8 }, 3, 9);
        yield return Case("qkv biases", Plain with { QkvBias = true }, 2, 4);
        yield return Case("all biases", Plain with { QkvBias = true, OutputBias = true, GateUpBias = true, DownBias = true }, 2, 4);
        yield return Case("down bias", Plain with { DownBias = true, OutputBias = true }, 1, 2);
        yield return Case("query and key norms", Plain with { QkNorm = true, HeadDim = 32 }, 2, 4);
        // Original length 64 puts the wavelengths of head width 16 on all three sides of the Llama-3 rule.
        yield return Case("Llama-3 rotary", Plain with { RopeTheta = 500, RopeScaling = new Llama3Scaling(8, 1, 4, 64) }, 2, 4);
        foreach (var (name, config) in SyntheticFamilies.Of(Plain with { Layers = [new(2, 4, 8)] }))
            yield return Case(name, config, 2, 4);
    }

    public static TestCaseData Case(string name, ModelConfig config, int kvHeads, int queryHeads) =>
        new TestCaseData(config, kvHeads, queryHeads).SetArgDisplayNames(name);
}
