using ForgePrune.Evaluation.Tasks.Readers;
using ForgePrune.Progress;
using ForgePrune.Testing;

namespace ForgePrune.Tests.Evaluation.Tasks;

/// <summary>The real files, read whole: how many questions they have is known from their sources.</summary>
[Parallelizable(ParallelScope.All)]
public sealed class SharedTaskTests
{
    [TestCase("llm-foundry/arc_easy.jsonl", 2376)]
    [TestCase("llm-foundry/arc_challenge.jsonl", 1172)]
    [TestCase("llm-foundry/boolq.jsonl", 3270)]
    [TestCase("llm-foundry/winogrande.jsonl", 1267)]
    [TestCase("llm-foundry/piqa.jsonl", 1838)]
    [TestCase("other/piqa_valid.jsonl", 1838)]
    [TestCase("other/hellaswag_val_full.txt", 10042)]
    [TestCase("other/lambada_test.jsonl", 5153)]
    [TestCase("agieval/v1_lsat-ar.jsonl", 230)]
    [TestCase("agieval/v1_sat-en.jsonl", 206)]
    [Category("Slow")]
    public void Every_question_is_read(string file, int questions) =>
        Assert.That(TaskFiles.Read([Shared.File("tasks/" + file)], NoProgress.Instance).Single().Questions, Has.Count.EqualTo(questions));

    [Test]
    public void Every_subject_of_mmlu_is_read_whatever_its_quotes()
    {
        var tasks = TaskFiles.Read([Shared.File("tasks/mmlu")], NoProgress.Instance);
        Assert.That(tasks, Has.Count.EqualTo(57));
        // A row ends with the number of its answer; one question goes over several lines.
        Assert.That(tasks.Sum(task => task.Questions.Count),
            Is.EqualTo(Directory.GetFiles(Shared.File("tasks/mmlu")).Sum(path => File.ReadLines(path)
                .Count(line => line.Length > 2 && line[^2] == ',' && line[^1] is >= '0' and <= '3'))));
    }

    [Test]
    public void TruthfulQa_is_read() =>
        Assert.That(TaskFiles.Read([Shared.File("tasks/truthfulqa/mc_task.json")], NoProgress.Instance).Select(task => task.Questions.Count),
            Is.EqualTo(new[] { 790, 790 }));

    [Test]
    public void Both_forms_of_lambada_and_of_piqa_ask_the_same()
    {
        var (a, b) = (Requests("llm-foundry/lambada_openai.jsonl"), Requests("other/lambada_test.jsonl"));
        Assert.That(a, Is.EqualTo(b));
        Assert.That(Requests("llm-foundry/piqa.jsonl").Select(request => request.Context),
            Is.EqualTo(Requests("other/piqa_valid.jsonl").Select(request => request.Context)));
    }

    private static ForgePrune.Evaluation.Tasks.TaskRequest[] Requests(string file) =>
        [.. TaskFiles.Read([Shared.File("tasks/" + file)], NoProgress.Instance).Single().Questions.SelectMany(question => question.Requests)];
}
