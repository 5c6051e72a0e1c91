using ForgePrune.Checkpoints;
using ForgePrune.Errors;
using ForgePrune.Evaluation.Tasks;
using ForgePrune.Forward;
using ForgePrune.Model;
using ForgePrune.Progress;
using ForgePrune.Testing;
using ForgePrune.Tests.Tokens;
using ForgePrune.Tokens;

namespace ForgePrune.Tests.Evaluation.Tasks;

/// <summary>Tokens as the harness makes them, and likelihoods of batches against one request after another in float64.</summary>
[Parallelizable(ParallelScope.All)]
public sealed class TaskRunTests
{
    private const int Seed = 77, Bos = 1;

    // "a" 0, "b" 1, space 2, "1" 3, "2" 4, "." 5, "ab" 6, " a" 7, " ab" 8, "12" 9, ".." 10: vocabulary of SyntheticTokenizers' byte model.
    private static readonly Tokenizer Letters = Made("token strips left");

    [TestCase("ab", " ab", new[] { 6 }, new[] { 8 }, TestName = "The continuation is what the whole has beyond the context")]
    [TestCase("ab ", "ab", new[] { 6 }, new[] { 8 }, TestName = "A space that ends the context moves to the continuation")]
    [TestCase("a", "b1", new[] { 6 }, new[] { 3 }, TestName = "Tokens are counted, not matched: a token of both is the context's")]
    [TestCase("", "b1", new[] { Bos, }, new[] { 3 }, TestName = "A text that begins with the prefix needs no other")]
    [TestCase("", "12.", new[] { Bos, 9 }, new[] { 9, 5 }, TestName = "An empty context is the prefix")]
    [TestCase("ab 12", " a.", new[] { 6, 2, 9, 7 }, new[] { 7, 5 }, TestName = "The last target is not read")]
    public void Tokens(string context, string continuation, int[] input, int[] targets)
    {
        var tokens = RequestTokens.Of(new TaskRequest(context, continuation), Letters, bos: null, Bos, positions: 100);
        Assert.That(tokens.Input, Is.EqualTo(input));
        Assert.That(tokens.Targets, Is.EqualTo(targets));
        Assert.That(tokens.Cut, Is.Zero);
    }

    [Test]
    public void With_bos_both_the_whole_and_the_context_begin_with_it()
    {
        var tokens = RequestTokens.Of(new TaskRequest("ab", " ab"), Letters, Bos, Bos, positions: 100);
        Assert.That((tokens.Input, tokens.Targets), Is.EqualTo((new[] { Bos, 6 }, new[] { 8 })));
    }

    [Test]
    public void A_long_context_loses_its_beginning()
    {
        var tokens = RequestTokens.Of(new TaskRequest("1a1a1a", " ab"), Letters, null, Bos, positions: 4);
        Assert.That(tokens.Input, Is.EqualTo(new[] { 3, 0, 3, 0 }));
        Assert.That(tokens.Cut, Is.EqualTo(2));
    }

    [TestCase(false)]
    [TestCase(true)]
    [Category("Slow")]
    public void A_batch_gives_what_each_request_gives_alone(bool bos)
    {
        // A head of its own: with a tied one the likeliest token is always the last one read.
        var config = SyntheticModels.Config(layers: 2, vocab: 16) with { TiedEmbeddings = false };
        using var model = SyntheticModels.Random(config, Seed);
        using var runner = new PlainBlockRunner(config);
        var task = RandomTask(new Random(Seed));
        var heard = new Heard();
        _ = new TaskRun(new CheckpointLikelihoods(model, runner), Letters, bos ? Bos : null, Bos)
            .Run(task with { Scoring = heard }, 50, NoProgress.Instance, default);

        Assert.That(heard.Answers, Has.Count.EqualTo(50));
        for (var i = 0; i < heard.Answers.Count; i++)
        {
            for (var choice = 0; choice < heard.Answers[i].Length; choice++)
            {
                var alone = Alone(model, runner, RequestTokens.Of(task.Questions[i].Requests[choice], Letters, bos ? Bos : null, Bos, config.MaxPositions));
                // Float32 logits of size up to about 10 (their rounding 1e-6) and a float32 sum of exponentials, a dozen tokens.
                Assert.That(heard.Answers[i][choice].Log, Is.EqualTo(alone.Log).Within(1e-4), $"question {i}, choice {choice}, seed {Seed}");
                Assert.That(heard.Answers[i][choice].Greedy, Is.EqualTo(alone.Greedy), $"question {i}, choice {choice}, seed {Seed}");
            }
        }
        Assert.That(heard.Answers.SelectMany(answer => answer).Select(likelihood => likelihood.Greedy).Distinct().Count(), Is.EqualTo(2),
            "both outcomes occur");
    }

    [Test]
    public void A_continuation_that_merges_into_its_context_is_a_fault_with_the_line()
    {
        var fault = Assert.Throws<BadInputException>(() => Run(new TaskRequest("1", "2")));
        Assert.That(fault!.Message, Does.Contain("line 7").And.Contain("made"));
    }

    [Test]
    public void A_continuation_longer_than_the_model_is_a_fault_with_the_line()
    {
        var fault = Assert.Throws<BadInputException>(() => Run(new TaskRequest("a", string.Concat(Enumerable.Repeat("1a", 100)))));
        Assert.That(fault!.Message, Does.Contain("line 7").And.Contain("128"));
    }

    private static void Run(TaskRequest request)
    {
        var config = SyntheticModels.Config(layers: 1, vocab: 16);
        using var model = SyntheticModels.Random(config, Seed);
        using var runner = new PlainBlockRunner(config);
        var task = new EvaluationTask("made", null, new ChoiceScoring(false), "", [new TaskQuestion(7, [request], ["x"], [true])]);
        _ = new TaskRun(new CheckpointLikelihoods(model, runner), Letters, null, Bos).Run(task, null, NoProgress.Instance, default);
    }

    /// <summary>Contexts of 0 to 12 letters with 1 to 5 choices: single tokens that share their input, and longer ones.</summary>
    private static EvaluationTask RandomTask(Random random)
    {
        string Text(int least, int most) => string.Concat(Enumerable.Range(0, random.Next(least, most)).Select(_ => "ab12. "[random.Next(6)]));
        return new EvaluationTask("made", null, new ChoiceScoring(false), "",
            [.. Enumerable.Range(0, 60).Select(i => TaskQuestion.Of(i + 1, Text(0, 13),
                [.. Enumerable.Range(0, random.Next(1, 6)).Select(_ => random.Next(2) == 0 ? "ab" : Text(1, 5))], 0))]);
    }

    private static Likelihood Alone(IDecoderModel model, PlainBlockRunner runner, RequestTokens tokens)
    {
        // A window has at least two tokens; what stands behind the end is not seen.
        int[] ids = tokens.Input.Length > 1 ? tokens.Input : [.. tokens.Input, 0];
        var x = DecoderForward.Run(model, runner, new TokenWindows(ids.Length, ids));
        var (log, greedy) = (0.0, true);
        for (var i = 0; i < tokens.Targets.Length; i++)
        {
            var logits = runner.Logits(model.ReadFinalNorm(), model.ReadHead(), x, [tokens.Input.Length - tokens.Targets.Length + i]);
            log += logits[tokens.Targets[i]] - Math.Log(logits.Sum(logit => Math.Exp(logit)));
            greedy &= Array.IndexOf(logits, logits.Max()) == tokens.Targets[i];
        }
        return new Likelihood(log, greedy);
    }

    private static Tokenizer Made(string name)
    {
        using var folder = new TemporaryFolder();
        return TokenizerReader.Load(folder.Write("tokenizer.json", SyntheticTokenizers.All[name]));
    }

    private sealed class Heard : ITaskScoring
    {
        public IReadOnlyList<Likelihood[]> Answers { get; private set; } = [];

        public IReadOnlyList<TaskMetric> Score(IReadOnlyList<TaskQuestion> questions, IReadOnlyList<Likelihood[]> answers)
        {
            Answers = answers;
            return [];
        }
    }
}
