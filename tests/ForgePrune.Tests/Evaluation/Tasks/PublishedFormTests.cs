using ForgePrune.Errors;
using ForgePrune.Evaluation.Tasks;
using ForgePrune.Evaluation.Tasks.Readers;
using ForgePrune.Progress;
using ForgePrune.Testing;

namespace ForgePrune.Tests.Evaluation.Tasks;

/// <summary>Tasks as their authors publish them and as the hub's data sets are dumped ask the same as the form that is handed round.</summary>
[Parallelizable(ParallelScope.All)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class PublishedFormTests : IDisposable
{
    private const string Arc = """{"query": "Question: Why?", "choices": ["So.", "No.", "Oh."], "gold": 1}""";

    private const string ArcPublished =
        """{"id": "q", "question": {"stem": "Why?", "choices": [{"text": "So.", "label": "A"}, {"text": "No.", "label": "B"}, {"label": "C", "text": "Oh."}]}, "answerKey": "B"}""";

    private const string ArcDumped = """{"id": "q", "question": "Why?", "choices": {"text": ["So.", "No.", "Oh."], "label": ["1", "2", "3"]}, "answerKey": "2"}""";

    private const string OpenBook = """{"query": "Predators eat", "choices": ["a", "b"], "gold": 1}""";

    private const string OpenBookPublished =
        """{"id": "7", "question": {"stem": "Predators eat", "choices": [{"text": "a", "label": "A"}, {"text": "b", "label": "B"}]}, "answerKey": "B"}""";

    private const string OpenBookDumped =
        """{"id": "7", "question_stem": "Predators eat", "choices": {"text": ["a", "b"], "label": ["A", "B"]}, "answerKey": "B"}""";

    private const string Mmlu = "Who?,one,two,three,four,C\n";

    private const string MmluDumped = """{"question": "Who?", "subject": "world_religions", "choices": ["one", "two", "three", "four"], "answer": 2}""";

    private const string BoolQ = """{"query": "Passage: Ice is cold.\nQuestion: is ice cold?", "choices": ["no", "yes"], "gold": 1}""";

    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [TestCase("arc_easy.jsonl", Arc, "ARC-Easy-Test.jsonl", ArcPublished)]
    [TestCase("arc_easy.jsonl", Arc, "arc_easy.ndjson", ArcDumped)]
    [TestCase("arc_challenge.jsonl", Arc, "ARC-Challenge/test.jsonl", ArcPublished)]
    [TestCase("arc_challenge.jsonl", Arc, "ai2_arc/ARC-Challenge/test.jsonl", ArcDumped)]
    [TestCase("arc_challenge.jsonl", Arc, "arc/arc_challenge.json", "[" + ArcDumped + "]")]
    [TestCase("openbook_qa.jsonl", OpenBook, "OpenBookQA/test.jsonl", OpenBookPublished)]
    [TestCase("openbook_qa.jsonl", OpenBook, "test.json", OpenBookDumped)]
    [TestCase("world_religions_test.csv", Mmlu, "test.jsonl", MmluDumped)]
    [TestCase("boolq.jsonl", BoolQ, "dev.jsonl", """{"question": "is ice cold", "title": "Ice", "answer": true, "passage": "Ice is cold."}""")]
    [TestCase("boolq.jsonl", BoolQ, "val.jsonl", """{"question": "is ice cold", "passage": "Ice is cold.", "idx": 0, "label": true}""")]
    [TestCase("boolq.jsonl", BoolQ, "super_glue.json", """{"question": "is ice cold", "passage": "Ice is cold.", "idx": 0, "label": 1}""")]
    [TestCase("winogrande.jsonl", """{"context_options": ["The cup", "The bag"], "continuation": "is big.", "gold": 1}""",
        "validation.jsonl", """{"sentence": "The _ is big.", "option1": "cup", "option2": "bag", "answer": "2"}""")]
    [TestCase("piqa.jsonl", """{"query": "Question: dresser", "choices": ["a", "b"], "gold": 1}""", "validation.json", """[{"goal": "dresser", "sol1": "a", "sol2": "b", "label": 1}]""")]
    [TestCase("hellaswag.jsonl", """{"activity_label": "Box", "ctx_a": "A", "ctx_b": "the man", "endings": ["x", "y"], "label": 1}""",
        "validation.jsonl", """{"ind": 4, "activity_label": "Box", "ctx_a": "A", "ctx_b": "the man", "ctx": "A the man", "endings": ["x", "y"], "source_id": "a", "split": "val", "split_type": "indomain", "label": "1"}""")]
    [TestCase("mc_task.json", """[{"question": "Why?", "mc1_targets": {"a": 1, "b": 0}, "mc2_targets": {"a": 1, "c": 1, "b": 0}}]""",
        "validation.jsonl", """{"question": "Why?", "mc1_targets": {"choices": ["a", "b"], "labels": [1, 0]}, "mc2_targets": {"choices": ["a", "c", "b"], "labels": [1, 1, 0]}}""")]
    [TestCase("x.jsonl", """{"query": "Q", "choices": ["a", "b"], "gold": 1}""", "x.json", """{"query": "Q", "choices": ["a", "b"], "gold": [1]}""")]
    public void Ask_the_same(string known, string content, string other, string published)
    {
        var (expected, read) = (Read(known, content), Read(other, published));
        Assert.That(read.Select(task => (task.Name, task.Group)), Is.EqualTo(expected.Select(task => (task.Name, task.Group))));
        foreach (var (a, b) in expected.Zip(read))
        {
            Assert.That(b.Questions.Single().Requests, Is.EqualTo(a.Questions.Single().Requests));
            Assert.That(b.Questions.Single().Choices, Is.EqualTo(a.Questions.Single().Choices));
            Assert.That(b.Questions.Single().Right, Is.EqualTo(a.Questions.Single().Right));
            Assert.That(b.Scoring.GetType(), Is.EqualTo(a.Scoring.GetType()));
        }
    }

    [Test]
    public void Subjects_dumped_into_one_file_are_tasks_of_their_own()
    {
        var tasks = Read("all.jsonl", string.Join('\n', MmluDumped, MmluDumped.Replace("world_religions", "anatomy", StringComparison.Ordinal), MmluDumped));
        Assert.That(tasks.Select(task => (task.Name, task.Group, task.Questions.Count)),
            Is.EqualTo(new[] { ("mmlu_world_religions", "mmlu", 2), ("mmlu_anatomy", "mmlu", 1) }));
        Assert.That(tasks[0].Questions.Select(question => question.Line), Is.EqualTo(new[] { 1, 3 }));
    }

    [Test]
    public void A_list_over_several_lines_names_the_line_of_each_question()
    {
        var listed = Read("arc_easy.json", "[\n " + ArcDumped + ",\n\n" + ArcDumped.Replace(", ", ",\n", StringComparison.Ordinal) + "\n,\n" + ArcDumped + "]")
            .Single();
        Assert.That(listed.Questions.Select(question => question.Line), Is.EqualTo(new[] { 2, 4, 14 }));
    }

    [TestCase("questions.jsonl", ArcPublished, "arc_easy, arc_challenge or openbookqa")]
    [TestCase("commonsense.jsonl", """{"answerKey": "A", "question": {"question_concept": "door", "choices": [{"label": "A", "text": "bank"}, {"label": "B", "text": "mall"}], "stem": "Where?"}}""", "answerKey")]
    [TestCase("commonsense.jsonl", """{"question": "Where?", "question_concept": "door", "choices": {"label": ["A", "B"], "text": ["bank", "mall"]}, "answerKey": "A"}""", "question_concept")]
    public void What_the_fields_do_not_tell_is_asked_for(string name, string content, string part) =>
        Assert.That(() => Read(name, content), Throws.InstanceOf<BadInputException>().With.Message.Contains(part));

    [TestCase("\"answerKey\": \"2\"", "\"answerKey\": \"4\"", "one of the labels 1, 2, 3")]
    [TestCase("\"answerKey\": \"2\"", "\"answerKey\": \"\"", "one of the labels")]
    [TestCase("[\"1\", \"2\", \"3\"]", "[\"2\", \"2\", \"3\"]", "one of the labels")]
    [TestCase("[\"1\", \"2\", \"3\"]", "[\"1\", \"2\"]", "as many texts as labels")]
    [TestCase("\"No.\"", "\"\"", "empty")]
    [TestCase("\"No.\"", "7", "\"text\"")]
    [TestCase("{\"text\"", "{\"texts\"", "\"text\"")]
    [TestCase("{\"text\"", "{\"\\ud800xyz\"", "whole characters")]
    public void A_fault_names_its_line(string sound, string broken, string part) =>
        Assert.That(() => Read("arc_easy.jsonl", ArcDumped + "\n" + ArcDumped.Replace(sound, broken, StringComparison.Ordinal)),
            Throws.InstanceOf<BadInputException>().With.Message.Contains(part).And.Message.StartWith("line 2 of "));

    private IReadOnlyList<EvaluationTask> Read(string name, string content)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(folder[name])!);
        return TaskFiles.Read([folder.Write(name, content)], NoProgress.Instance);
    }
}
