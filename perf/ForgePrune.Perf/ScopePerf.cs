using System.Diagnostics;
using System.Globalization;
using ForgePrune.Checkpoints;
using ForgePrune.Evaluation;
using ForgePrune.Levels;
using ForgePrune.Model;
using ForgePrune.Onnx;
using ForgePrune.Refit;
using ForgePrune.Search;
using ForgePrune.Tokens;
using ForgePrune.Tokens.Text;
using ForgePrune.Training;

namespace ForgePrune.Perf;

/// <summary>What scopes of training give in the same time: KL on text that none of them reads, tokens per second, and memory. Time is that of the
/// processors, divided by their number: on a busy machine the clock also counts the others' turns.</summary>
internal static class ScopePerf
{
    private const int Window = 256, Seed = 0;

    /// <param name="dense">The teacher.</param>
    /// <param name="pruned">Where every training starts.</param>
    /// <param name="text">Token ids, uint16, in rows of 256; <paramref name="evaluation"/> too, or "none".</param>
    /// <param name="budget">Seconds for each scope; or passes over the text, as 2x; 0 takes two steps of one pass each.</param>
    /// <param name="scopes">Scope and rate, as lora:16@1e-3.</param>
    public static void Run(string dense, string pruned, string text, string evaluation, string budget, string[] scopes)
    {
        using var teacher = DecoderModel.Open(dense);
        using var start = DecoderModel.Open(pruned);
        var (windows, judge) = (Windows(text, teacher), evaluation == "none" ? null : Windows(evaluation, teacher));
        Report("before", start);
        foreach (var (scope, rate) in scopes.Select(each => each.Split('@')).Select(
            each => (RecoveryScope.Parse(each[0]), double.Parse(each[1], CultureInfo.InvariantCulture))))
        {
            RecoveryTrainer Trainer(long tokens) => new(start, teacher, windows, new RecoveryOptions
            {
                Tokens = tokens,
                Scope = scope,
                Rate = rate,
                TokensAtOnce = scope.UsualTokensAtOnce,
                TokensPerStep = budget == "0" ? scope.UsualTokensAtOnce : 2048,
                Seed = Seed,
            }, Environment.ProcessorCount);
            var first = Trainer(1 << 20);
            first.Next();
            var begin = Seconds();
            first.Next();
            var seconds = Seconds() - begin;
            Console.WriteLine(Text($"{scope}: {first.TokensPerStep / seconds:F0} tokens/s in the second step; {Memory()}"));
            if (budget == "0")
                continue;
            var steps = budget.EndsWith('x') ? int.Parse(budget[..^1]) * (windows.TokenCount / first.TokensPerStep)
                : (long)(double.Parse(budget, CultureInfo.InvariantCulture) / seconds);
            var trainer = Trainer(Math.Max(1, steps) * first.TokensPerStep);
            begin = Seconds();
            while (trainer.Done < trainer.Steps)
                trainer.Next();
            Report(Text($"{scope} at {rate}, {trainer.Steps} steps, {trainer.Steps * trainer.TokensPerStep} tokens in {Seconds() - begin:F0} s, loss {trainer.Losses[0]:F4} to {trainer.Losses.TakeLast(8).Average():F4}"),
                trainer.Model);
        }

        void Report(string when, IDecoderModel model)
        {
            if (judge is null)
                return;
            using var runner = OnnxServing.Cpu.Runner(teacher.Config, Environment.ProcessorCount);
            var result = ModelEvaluation.Run(model, runner, judge, teacher);
            Console.WriteLine(Text($"{when}: KL {result.Kl:F4}, perplexity {result.Perplexity:F3}"));
        }
    }

    /// <summary>Writes the model with the first heads and channels of every layer, half of its prunable weights: a shape to measure memory and speed on, of no
    /// use otherwise.</summary>
    public static void Halve(string model, string folder)
    {
        using var dense = DecoderModel.Open(model);
        var plan = UniformBudget.Plan(dense.Config, 0.5);
        using var half = CompactModel.Build(dense, plan, LevelSource.Gathering(dense, new GivenSets([.. plan.Layers.Select(KeptUnits.All)]), cacheBytes: 0));
        CheckpointWriter.Write(half, folder);
    }

    private static double Seconds() => Process.GetCurrentProcess().TotalProcessorTime.TotalSeconds / Environment.ProcessorCount;

    private static string Memory() => string.Join(", ", File.ReadLines("/proc/self/status").Where(line => line.StartsWith("VmHWM") || line.StartsWith("RssAnon"))
        .Select(line => string.Join(' ', line.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries))));

    private static TokenWindows Windows(string path, IDecoderModel model) => TokenFile.Read(path, Window, model.Config.VocabSize);

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
