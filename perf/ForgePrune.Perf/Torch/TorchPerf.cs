using System.Globalization;
using ForgePrune.Model;
using ForgePrune.Tokens;
using ForgePrune.Training;
using TorchSharp;
using static TorchSharp.torch;
using Functional = TorchSharp.torch.nn.functional;

namespace ForgePrune.Perf.Torch;

/// <summary>A training step beside the same step in PyTorch: forward, backward and AdamW in float32, in turns. The first losses are compared before
/// anything is timed.</summary>
internal static class TorchPerf
{
    private const double Rate = 1e-4;

    public static int Run(int threads)
    {
        if (!torch.TryInitializeDeviceType(DeviceType.CPU))
            return Missing();
        set_num_threads(threads);
        var roof = Roof.Measure<float>(threads);
        var (model, windows) = (TrainingPerf.Made(1), TrainingPerf.Text(2));
        var teacher = TrainingPerf.Made(3);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"torch {__version__}, {threads} threads; roof: float32 {roof:F0} GFLOP/s"));
        SideBySide.Head();
        foreach (var loss in Enum.GetValues<RecoveryLoss>())
        {
            var options = new RecoveryOptions { Tokens = 1L << 30, Loss = loss, Rate = Rate, TokensAtOnce = windows.Length * windows.Count };
            var ours = new RecoveryTrainer(model, teacher, windows, options, threads);
            var theirs = new TorchTraining(model, loss == RecoveryLoss.Kl ? teacher : null, windows, Rate);
            double own = ours.Next(), other = theirs.Next();
            // Both are means of thousands of float32 losses near 10.
            if (!(Math.Abs(own - other) <= 1e-4 * Math.Max(1, other)))
                throw new InvalidOperationException($"The first losses differ: {own} and {other}.");
            SideBySide.Run($"training step, {loss.ToString().ToLowerInvariant()}", "torch", threads, TrainingPerf.Operations(loss), roof,
                () => ours.Next(), () => theirs.Next());
        }

        return 0;
    }

    private static int Missing()
    {
        Console.Error.WriteLine("PyTorch's libraries are not there: run with -p:WithTorch=true, which restores libtorch-cpu-linux-x64.");
        return 3;
    }

    private sealed class TorchTraining
    {
        private readonly TorchDecoder student;
        private readonly TorchDecoder? truth;
        private readonly Tensor ids;
        private readonly optim.Optimizer optimizer;

        public TorchTraining(IDecoderModel model, IDecoderModel? teacher, TokenWindows windows, double rate)
        {
            student = new(model, windows.Length);
            truth = teacher is null ? null : new(teacher, windows.Length);
            ids = tensor([.. Enumerable.Range(0, windows.Count).SelectMany(window => windows.Window(window).ToArray()).Select(id => (long)id)],
                [windows.Count, windows.Length]);
            optimizer = optim.AdamW(student.Parameters, rate, weight_decay: 0);
        }

        /// <returns>The loss before the update.</returns>
        public double Next()
        {
            using var scope = NewDisposeScope();
            var logits = Predictions(student);
            var loss = truth is null ? Functional.cross_entropy(logits, ids.slice(1, 1, ids.shape[1], 1).reshape(-1)) : Divergence(logits, Truth(truth));
            optimizer.zero_grad();
            loss.backward();
            optimizer.step();
            return loss.item<float>();
        }

        private Tensor Truth(TorchDecoder teacher)
        {
            using var none = no_grad();
            return Functional.log_softmax(Predictions(teacher), -1);
        }

        private static Tensor Divergence(Tensor logits, Tensor truth) => (truth.exp() * (truth - Functional.log_softmax(logits, -1))).sum(-1).mean();

        private Tensor Predictions(TorchDecoder decoder)
        {
            var logits = decoder.Logits(ids);
            return logits.slice(1, 0, ids.shape[1] - 1, 1).reshape(-1, logits.shape[^1]);
        }
    }
}
