using System.Text;
using ForgePrune.Errors;
using ForgePrune.Evaluation.Tasks.Readers;
using ForgePrune.Progress;
using ForgePrune.Testing;

namespace ForgePrune.Tests.Evaluation.Tasks;

/// <summary>Damaged task files: one sentence with the file says why not, or every line is asked.</summary>
[Parallelizable(ParallelScope.All)]
public sealed class TaskFuzzTests
{
    [TestCase("arc_easy.jsonl", """{"query": "Question: Why?", "choices": ["So.", "No."], "gold": 1}""", 1)]
    [TestCase("arc_easy.jsonl", """{"id": "q", "question": {"stem": "Why?", "choices": [{"text": "So.", "label": "A"}, {"text": "No.", "label": "B"}]}, "answerKey": "B"}""", 1)]
    [TestCase("arc_easy.jsonl", """{"id": "q", "question": "Why?", "choices": {"text": ["So.", "No."], "label": ["1", "2"]}, "answerKey": "2"}""", 1)]
    [TestCase("x.jsonl", """{"question_stem": "Predators eat", "choices": {"text": ["a", "b"], "label": ["A", "B"]}, "answerKey": "B"}""", 1)]
    [TestCase("x.jsonl", """{"question": "Who?", "subject": "world_religions", "choices": ["one", "two", "three", "four"], "answer": 2}""", 1)]
    [TestCase("x.jsonl", """{"question": "is ice cold", "passage": "Ice is cold.", "answer": true}""", 1)]
    [TestCase("x.jsonl", """{"sentence": "The _ is big.", "option1": "cup", "option2": "bag", "answer": "2"}""", 1)]
    [TestCase("x.jsonl", """{"goal": "g", "sol1": "x", "sol2": "y", "label": 1}""", 1)]
    [TestCase("x.jsonl", """{"activity_label": "Box", "ctx_a": "A [header]", "ctx_b": "the Man", "endings": ["x [title] y", "b  c"], "label": "1"}""", 1)]
    [TestCase("v1_sat.jsonl", """{"passage": null, "question": "1+1?", "options": ["(A)1", "(B)2"], "label": "B"}""", 1)]
    [TestCase("x.jsonl", """{"text": "I care about signs"}""", 1)]
    [TestCase("x.jsonl", """{"question": "Why?", "mc1_targets": {"choices": ["a", "b"], "labels": [1, 0]}, "mc2_targets": {"a": 1, "c": 1, "b": 0}}""", 1)]
    [TestCase("hellaswag.txt", "Boxing: he\n1\nfalls.\nwins.\neats.\nsings.", 6)]
    [TestCase("x_test.csv", "\"Who \"\"x\"\"?\",\"1, 2\",n,o,p,1", 0)]
    [Category("Slow")]
    public void Every_question_or_a_sentence(string name, string line, int linesEach)
    {
        int count = Fuzz.Count(500), seed = Fuzz.Seed(20261127);
        var random = new Random(seed);
        var sound = Encoding.UTF8.GetBytes(string.Join('\n', line, line, line) + "\n");
        using var folder = new TemporaryFolder();
        var (read, refused) = (0, 0);
        for (var round = 0; round < count; round++)
        {
            var bytes = Mutation.Of(sound, random);
            try
            {
                var tasks = TaskFiles.Read([folder.Write(name, bytes)], NoProgress.Instance);
                var text = Encoding.UTF8.GetString(bytes).Replace("\r\n", "\n", StringComparison.Ordinal);
                var lines = linesEach == 1 ? text.TrimStart('\uFEFF').Split('\n').Count(each => !string.IsNullOrWhiteSpace(each))
                    : text.TrimEnd('\n').Split('\n').Length;
                if (linesEach > 0)
                    Assert.That(tasks.GroupBy(task => task.Name.StartsWith("truthfulqa", StringComparison.Ordinal) ? task.Name : task.Group ?? task.Name)
                        .Select(group => group.Sum(task => task.Questions.Count)), Is.All.EqualTo(lines / linesEach));
                foreach (var question in tasks.SelectMany(task => task.Questions))
                {
                    Assert.That(question.Requests, Has.Count.EqualTo(question.Right.Count).And.Count.EqualTo(question.Choices.Count));
                    Assert.That(question.Right, Has.Some.True);
                    Assert.That(question.Requests.Select(request => request.Continuation), Is.All.Not.Empty);
                }
                read++;
            }
            catch (BadInputException fault)
            {
                Assert.That(fault.Message, Does.Contain(folder.Path).And.Not.Contain('\n'), $"round {round}");
                refused++;
            }
            catch (Exception fault)
            {
                Assert.Fail($"seed {seed}, round {round}: {fault}\n{Encoding.UTF8.GetString(bytes)}");
            }
        }
        TestContext.Out.WriteLine($"{read} read, {refused} refused, seed {seed}");
        Assert.That((read > 0, refused > 0), Is.EqualTo((true, true)), "a fuzz that only ever does one thing tests nothing");
    }
}
