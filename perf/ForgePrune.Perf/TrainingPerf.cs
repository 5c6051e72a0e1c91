using System.Globalization;
using ForgePrune.Kernels;
using ForgePrune.Model;
using ForgePrune.Tokens;
using ForgePrune.Training;

namespace ForgePrune.Perf;

/// <summary>Tokens per second of training: forward, backward and update on the shapes of stories15M, 8 windows of 256 tokens.</summary>
internal static class TrainingPerf
{
    private const int Windows = 8, Window = 256, Tokens = Windows * Window, Least = 3;
    private const double Seconds = 20;

    private static readonly ModelConfig Shapes = new()
    {
        Family = "llama",
        HiddenSize = 288,
        HeadDim = 48,
        VocabSize = 32000,
        MaxPositions = 256,
        RmsNormEps = 1e-5,
        RopeTheta = 10000,
        TiedEmbeddings = true,
        Layers = [.. Enumerable.Repeat(new LayerShape(6, 6, 768), 6)],
    };

    public static void Run(int threads)
    {
        var roof = Roof.Measure<float>(threads);
        Console.WriteLine(string
            .Create(CultureInfo.InvariantCulture, $"{threads} threads, roof {roof:F0} GFLOP/s of float32; {Windows} windows of {Window} tokens"));
        var (windows, model) = (Text(1), Made(1));
        foreach (var loss in Enum.GetValues<RecoveryLoss>())
        {
            var trainer = new RecoveryTrainer(model, model, windows, new RecoveryOptions { Tokens = 1L << 30, Loss = loss }, threads);
            trainer.Next();
            Report($"{loss.ToString().ToLowerInvariant()}, forward, backward and update", Operations(loss), roof, () => trainer.Next());
        }

        Parts(model, windows, roof, threads);
    }

    private static void Parts(IDecoderModel model, TokenWindows windows, double roof, int threads)
    {
        var weights = new DecoderParameters(model);
        var gradients = LargeArray.Zeros<float>(weights.Layout.Count);
        var objective = new RecoveryObjective(weights.Layout, null, Windows, Window, threads);
        var ids = Enumerable.Range(0, Windows).SelectMany(window => windows.Window(window).ToArray()).ToArray();
        Report("ce, forward alone", Operations(RecoveryLoss.Ce) / 3, roof, () => objective.Measure(weights, ids));
        Report("ce, forward and backward", Operations(RecoveryLoss.Ce), roof, () => objective.Add(weights, gradients, ids, 1e-3f));
    }

    /// <summary>Two for each multiply-add of matrix products: a backward pass has twice those of a forward one, a teacher one more forward.
    /// Attention counts half the square of scores.</summary>
    public static double Operations(RecoveryLoss loss)
    {
        var size = ModelSize.Of(Shapes);
        var attention = Shapes.Layers.Sum(layer => (double)layer.QueryHeads * Shapes.HeadDim * Window);
        return 2 * (size.Prunable + size.Head + attention) * Windows * Window * (loss == RecoveryLoss.Kl ? 4 : 3);
    }

    private static void Report(string what, double operations, double roof, Action step)
    {
        step();
        var (times, before, begin) = (new List<double>(), GC.GetTotalAllocatedBytes(), Stretch.Now);
        while (times.Count < Least || (Stretch.Now - begin).Wall < Seconds)
        {
            var start = Stretch.Now;
            step();
            times.Add((Stretch.Now - start).Wall);
        }

        var allocated = (GC.GetTotalAllocatedBytes() - before) / times.Count;
        // On a busy machine the clock also counts the others' turns; the processors' own account does not.
        var processor = (Stretch.Now - begin).Processor / times.Count;
        times.Sort();
        var (median, best) = (times[times.Count / 2], times[0]);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{what,-32} {Tokens / median,6:F0} tokens/s (best {Tokens / best:F0}), {operations / median / 1e9,4:F0} GFLOP/s, {operations / median / 1e9 / roof,4:P0} of the roof; "
            + $"{Tokens / processor:F0} tokens per second of one processor; {allocated / 1024.0:F0} KiB allocated a step"));
    }

    /// <summary>As many windows as a step reads, of random ids.</summary>
    public static TokenWindows Text(int seed)
    {
        var random = new Random(seed);
        return new TokenWindows(Window, [.. Enumerable.Range(0, Windows * Window).Select(_ => random.Next(Shapes.VocabSize))]);
    }

    /// <summary>A model of these shapes with random weights.</summary>
    public static IDecoderModel Made(int seed)
    {
        var random = new Random(seed);
        var layers = new LayerWeights[Shapes.Layers.Count];
        for (var layer = 0; layer < layers.Length; layer++)
            layers[layer] = LayerTensors.Build(Shapes, layer, Values);
        return new InMemoryModel(Shapes, layers, new Matrix(Shapes.VocabSize, Shapes.HiddenSize,
            Values(new(TensorRole.Embedding, -1, Shapes.VocabSize, Shapes.HiddenSize))),
            Enumerable.Repeat(1f, Shapes.HiddenSize).ToArray(), null);

        float[] Values(TensorSpec tensor) => tensor.IsVector
            ? Enumerable.Repeat(1f, tensor.Rows).ToArray()
            : [.. Perf.Made.Floats(random, tensor.Rows * tensor.Cols).Select(value => value / MathF.Sqrt(tensor.Cols))];
    }
}
