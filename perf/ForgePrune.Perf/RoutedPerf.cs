using System.Diagnostics;
using System.Globalization;
using ForgePrune.Forward;
using ForgePrune.Model;
using ForgePrune.Onnx;

namespace ForgePrune.Perf;

/// <summary>A block of experts beside a dense block of as many channels, which is what computing all experts for every token takes at least.</summary>
internal static class RoutedPerf
{
    private const int Repeats = 5;

    public static void Run(int experts, int perToken, int hidden, int width, int tokens)
    {
        var random = new Random(1);
        var kind = new MlpKind { ExpertWidth = width, PerToken = perToken, Normalized = true };
        var routed = new MlpWeights
        {
            Kind = kind,
            Gate = new(experts * width, hidden, Made.Floats(random, experts * width * hidden)),
            Up = new(experts * width, hidden, Made.Floats(random, experts * width * hidden)),
            Down = new(hidden, experts * width, Made.Floats(random, experts * width * hidden)),
            Router = new(experts, hidden, Made.Floats(random, experts * hidden)),
        };
        var dense = routed with { Kind = default, Router = null };
        var config = new ModelConfig
        {
            Family = "mixtral",
            HiddenSize = hidden,
            HeadDim = 16,
            VocabSize = 16,
            MaxPositions = tokens,
            RmsNormEps = 1e-5,
            RopeTheta = 10000,
            TiedEmbeddings = true,
            Mlp = [kind],
            Layers = [new(1, 1, experts * width)],
        };
        using var runner = OnnxServing.Cpu.Runner(config, Environment.ProcessorCount);
        float[] norm = [.. Enumerable.Repeat(1f, hidden)];
        var x = new Activations(1, tokens, hidden, Made.Floats(random, tokens * hidden));
        var (all, chosen) = (Seconds(dense), Seconds(routed));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{tokens} tokens, {perToken} of {experts} experts of {width} channels, hidden {hidden}: all experts {all * 1e3:F1} ms, those of each token "
            + $"{chosen * 1e3:F1} ms: {all / chosen:F2} times as fast where arithmetic says {(double)experts / perToken:F2}"));

        double Seconds(MlpWeights block)
        {
            runner.Mlp(block, norm, x);
            return Enumerable.Range(0, Repeats).Min(_ =>
            {
                var clock = Stopwatch.StartNew();
                runner.Mlp(block, norm, x);
                return clock.Elapsed.TotalSeconds;
            });
        }
    }
}
