using System.Globalization;
using ForgePrune.Calibration;
using ForgePrune.Evaluation;
using ForgePrune.Kernels;
using ForgePrune.Levels;
using ForgePrune.Model;
using ForgePrune.Onnx;
using ForgePrune.Refit;
using ForgePrune.Search;
using ForgePrune.Tokens;
using ForgePrune.Training;

namespace ForgePrune.Perf;

/// <summary>Small models with norms behind their blocks, trained here on the bytes of a text and then pruned twice to the same uniform plan: by the squared
/// error of the projections, and by what the norms make of it.</summary>
internal static class OutputNormPerf
{
    private const int Hidden = 64, Layers = 4;

    /// <param name="text">A text of half a megabyte or more.</param>
    public static void Run(string text, int steps, int seeds, string folder)
    {
        var (judge, calibration, training) = BytesModel.Read(text);
        for (var seed = 1; seed <= seeds; seed++)
            foreach (var norms in (BlockNorms[])[BlockNorms.Around, BlockNorms.Behind])
                One(norms, seed, Path.Combine(folder, $"{norms}-{seed}"));

        void One(BlockNorms norms, int seed, string place)
        {
            var (trained, losses) = BytesModel.Trained(Config(norms), norms == BlockNorms.Around ? 0.1 : 0.5, training, steps, seed);
            using var dense = trained;
            using var runner = OnnxServing.Cpu.Runner(dense.Config, Environment.ProcessorCount);
            Console.WriteLine(Text($"norms {norms}, seed {seed}: {steps} steps, loss {losses[0]:F3} to {losses[^1]:F3} nats per byte"));
            var device = new CpuDevice(Environment.ProcessorCount);
            var grams = new GramFolder(Path.Combine(place, "grams"), Calibrator.Source(dense, calibration));
            Directory.CreateDirectory(grams.Path);
            Calibrator.Run(dense, runner, calibration, grams.Path, device);
            var weighed = LevelBuilder.Run(dense, grams, new LevelOptions(), Path.Combine(place, "levels"), device);
            var unweighed = new PlainGrams(dense, runner, calibration);
            var plain = unweighed.Levels(dense, device);
            foreach (var removed in (double[])[0.25, 0.5, 0.75])
            {
                var plan = UniformBudget.Plan(dense.Config, removed);
                using var before = CompactModel.Build(dense, plan, LevelSource.Refitting(dense, plain, unweighed, 1L << 30, device));
                var source = LevelSource.Refitting(dense, weighed, grams, 1L << 30, device);
                using var after = CompactModel.Build(dense, plan, source);
                var refitted = FinalRefit.Run(dense, dense.Config with { Layers = plan.Layers }, weighed, runner, calibration, new FinalRefitOptions(),
                    Path.Combine(place, Text($"refit-{removed}")), device);
                Console.WriteLine(Text($"  {removed:P0} removed: KL {Kl(before):F4} by the squared error, {Kl(after):F4} behind norms, ")
                    + Text($"{Kl(refitted.Model):F4} with the final refit"));
            }

            double Kl(IDecoderModel pruned) => ModelEvaluation.Run(pruned, runner, judge, dense).Kl!.Value;
        }
    }

    private static ModelConfig Config(BlockNorms norms)
    {
        var gemma = norms == BlockNorms.Around;
        return new ModelConfig
        {
            Family = gemma ? "gemma2" : "olmo2",
            HiddenSize = Hidden,
            HeadDim = 16,
            VocabSize = BytesModel.Vocab,
            MaxPositions = BytesModel.Window,
            RmsNormEps = 1e-6,
            RopeTheta = 10000,
            TiedEmbeddings = gemma,
            Norms = norms,
            EmbeddingScale = gemma ? Math.Sqrt(Hidden) : 1,
            Activation = gemma ? GateActivation.GeluTanh : GateActivation.Silu,
            ScoreCap = gemma ? 50 : null,
            LogitCap = gemma ? 30 : null,
            Layers = [.. Enumerable.Repeat(new LayerShape(2, 4, 192), Layers)],
        };
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
