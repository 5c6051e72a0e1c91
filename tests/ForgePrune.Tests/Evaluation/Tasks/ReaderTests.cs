using ForgePrune.Errors;
using ForgePrune.Evaluation.Tasks;
using ForgePrune.Evaluation.Tasks.Readers;
using ForgePrune.Progress;
using ForgePrune.Testing;

namespace ForgePrune.Tests.Evaluation.Tasks;

/// <summary>Every reader on a file made in its format: the prompts are written out as lm-evaluation-harness makes them.</summary>
[Parallelizable(ParallelScope.All)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class ReaderTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [TestCase("arc_easy.jsonl", """{"query": "Question: Why?", "choices": ["So.", "No."], "gold": 1}""", "arc_easy", "Question: Why?\nAnswer:", " So.", " No.")]
    [TestCase("piqa.jsonl", """{"query": "Question: dresser\n", "choices": ["a", "b"], "gold": 1}""", "piqa", "Question: dresser\nAnswer:", " a", " b")]
    [TestCase("boolq.jsonl", """{"query": "Passage: Ice.\nQuestion: is it?", "choices": ["no", "yes"], "gold": 1}""", "boolq", "Ice.\nQuestion: is it?\nAnswer:", " no", " yes")]
    [TestCase("openbook_qa.jsonl", """{"query": "Predators eat", "choices": ["a", "b"], "gold": 1}""", "openbookqa", "Predators eat", " a", " b")]
    [TestCase("mine.jsonl", """{"query": "As is ", "choices": ["a", "b"], "gold": 1}""", "mine", "As is ", " a", " b")]
    [TestCase("hellaswag_val.txt", "Boxing: he\n1\nfalls.\nwins.\neats.\nsings.\n", "hellaswag", "Boxing: he", " falls.", " wins.", " eats.", " sings.")]
    [TestCase("hellaswag_val.jsonl", """{"activity_label": "Box", "ctx_a": "A [header]", "ctx_b": "the Man", "endings": ["x [title] y", "b  c"], "label": 1}""",
        "hellaswag", "Box: A The man", " x. y", " b c")]
    [TestCase("v1_sat-math.jsonl", """{"passage": null, "question": "1+1?", "options": ["(A)1", "(B)2"], "label": "B"}""", "agieval_sat_math",
        "Q: 1+1? Answer Choices: (A)1 (B)2\nA: Among A through B, the answer is", " (A)1", " (B)2")]
    [TestCase("world_religions_test.csv", "question,A,B,C,D,answer\n\"Who \"\"x\"\"?\",\"1, 2\",n,o,p,1\n", "mmlu_world_religions",
        "The following are multiple choice questions (with answers) about world religions.\n\nWho \"x\"?\nA. 1, 2\nB. n\nC. o\nD. p\nAnswer:", " A", " B", " C",
            " D")]
    [TestCase("x_test.csv", "\"Is \"x\", y?\",\"1 \"2\"\",\"n\",\"o\",\"p\",B\n", "mmlu_x",
        "The following are multiple choice questions (with answers) about x.\n\nIs \"x\", y?\nA. 1 \"2\"\nB. n\nC. o\nD. p\nAnswer:", " A", " B", " C", " D")]
    public void One_context_and_its_choices(string name, string content, string task, string context, params string[] continuations)
    {
        var read = Read(name, content).Single();
        var question = read.Questions.Single();
        Assert.That(read.Name, Is.EqualTo(task));
        Assert.That(question.Requests, Is.EqualTo(continuations.Select(continuation => new TaskRequest(context, continuation))));
        Assert.That(question.Choices, Is.EqualTo(continuations.Select(continuation => continuation[1..])));
        Assert.That(question.Right, Is.EqualTo(continuations.Select((_, i) => i == 1)));
    }

    [TestCase("winogrande.jsonl", """{"context_options": ["The cup", "The bag"], "continuation": "is big.", "gold": 1}""")]
    [TestCase("dev.jsonl", """{"sentence": "The _ is big.", "option1": "cup", "option2": "bag", "answer": "2"}""")]
    public void Partial_scoring_asks_for_the_rest_of_the_sentence(string name, string content)
    {
        var read = Read(name, content).Single();
        Assert.That(read.Name, Is.EqualTo("winogrande"));
        Assert.That(read.Questions.Single().Requests, Is.EqualTo(new[] { new TaskRequest("The cup", " is big."), new TaskRequest("The bag", " is big.") }));
        Assert.That(read.Questions.Single().Right, Is.EqualTo(new[] { false, true }));
    }

    [TestCase("lambada.jsonl", """{"context": "I care about", "continuation": "signs"}""")]
    [TestCase("lambada.jsonl", """{"text": "I care about signs"}""")]
    public void Lambada_asks_for_the_last_word(string name, string content) =>
        Assert.That(Read(name, content).Single().Questions.Single().Requests.Single(), Is.EqualTo(new TaskRequest("I care about", " signs")));

    [Test]
    public void Piqa_takes_its_labels_from_the_file_beside_it()
    {
        folder.Write("piqa_valid-labels.lst", "1\n0\n");
        var read = Read("piqa_valid.jsonl", """{"goal": "g", "sol1": "x", "sol2": "y"}""" + "\n" + """{"goal": "h", "sol1": "x", "sol2": "y"}""").Single();
        Assert.That(read.Questions[0].Requests[0], Is.EqualTo(new TaskRequest("Question: g\nAnswer:", " x")));
        Assert.That(read.Questions.Select(question => question.Right[1]), Is.EqualTo(new[] { true, false }));
    }

    [Test]
    public void TruthfulQa_gives_two_tasks_with_the_fixed_examples_before_the_question()
    {
        var tasks = Read("mc_task.json", """[{"question": "Why?", "mc1_targets": {"a": 1, "b": 0}, "mc2_targets": {"a": 1, "c": 1, "b": 0}}]""");
        Assert.That(tasks.Select(task => task.Name), Is.EqualTo(new[] { "truthfulqa_mc1", "truthfulqa_mc2" }));
        var question = tasks[1].Questions.Single();
        Assert.That(question.Requests[1].Context, Does.StartWith("Q: What is human life").And.EndWith("Barcelona, Spain.\n\nQ: Why?\nA:"));
        Assert.That(question.Requests.Select(request => request.Continuation), Is.EqualTo(new[] { " a", " c", " b" }));
        Assert.That(question.Right, Is.EqualTo(new[] { true, true, false }));
    }

    [TestCase("arc_easy.jsonl", "{\"query\": \"q\", \"choices\": [\"a\", \"b\"], \"gold\": 0}\n{", 2, "not JSON")]
    [TestCase("arc_easy.jsonl", "{\"query\": \"q\", \"choices\": [\"a\", \"b\"], \"gold\": 0}\n\n[1]", 3, "no object")]
    [TestCase("arc_easy.jsonl", """{"query": "q", "choices": ["a", "b"], "gold": 2}""", 1, "0 to 1")]
    [TestCase("arc_easy.jsonl", """{"query": "q", "choices": ["a", ""], "gold": 0}""", 1, "empty")]
    [TestCase("arc_easy.jsonl", """{"query": 7, "choices": ["a", "b"], "gold": 0}""", 1, "\"query\"")]
    [TestCase("arc_easy.jsonl", """{"\ud800": 1}""", 1, "whole characters")]
    [TestCase("hellaswag.txt", "a\n4\nb\nc\nd\ne", 2, "0 to 3")]
    [TestCase("hellaswag.txt", "a\n1\nb\nc\nd\ne\nf", 7, "amid a question")]
    [TestCase("hellaswag.txt", "a\n1\nb\n\nd\ne", 4, "empty")]
    [TestCase("x_test.csv", "question,A,B,C,D,answer\nq,a,b,c,d,E", 2, "A to D")]
    [TestCase("x_test.csv", "question,A,B,C,D,answer\nq,a,b,c,d", 2, "5 fields")]
    [TestCase("x_test.csv", "question,A,B,C,D,answer\n\"q,a,b,c,d", 2, "quote")]
    [TestCase("v1_x.jsonl", """{"question": "q", "options": ["(A)1", "(B)2"], "label": "C"}""", 1, "A to B")]
    [TestCase("dev.jsonl", """{"sentence": "no blank", "option1": "a", "option2": "b", "answer": 1}""", 1, "blank")]
    [TestCase("lambada.jsonl", """{"text": "word"}""", 1, "last word")]
    [TestCase("mc_task.json", "[{\"question\": \"q\",\n 7}]", 2, "not JSON")]
    [TestCase("mc_task.json", """[{"question": "q", "mc1_targets": {"a": 1, "b": 1, "c": 0}, "mc2_targets": {"a": 1, "b": 0}}]""", 1, "one of them right")]
    public void A_bad_file_is_one_sentence_with_the_line(string name, string content, int line, string culprit)
    {
        var fault = Assert.Throws<BadInputException>(() => Read(name, content));
        Assert.That(fault!.Message, Does.StartWith($"line {line} of ").And.Contain(culprit).And.Contain(name));
        Assert.That(fault.Message, Does.Not.Contain('\n'));
    }

    [TestCase("gsm8k.jsonl", """{"question": "q", "answer": "7"}""", "question, answer")]
    [TestCase("notes.md", "hello", "neither")]
    [TestCase("TruthfulQA.csv", "Type,Category,Question,Best Answer\na,b,c,d", "mc_task.json")]
    public void What_is_no_task_is_refused_alone_and_named_in_a_folder(string name, string content, string culprit)
    {
        Assert.That(Assert.Throws<BadInputException>(() => Read(name, content))!.Message, Does.Contain(culprit));
        folder.Write("arc_easy.jsonl", """{"query": "q", "choices": ["a", "b"], "gold": 0}""");
        var notes = new Notes();
        Assert.That(TaskFiles.Read([folder.Path], notes).Single().Name, Is.EqualTo("arc_easy"));
        Assert.That(notes.Said.Single(), Does.Contain(name).And.Contain(culprit));
    }

    [TestCase("arc_easy.jsonl")]
    [TestCase("x_test.csv")]
    [TestCase("mc_task.json")]
    public void A_file_without_questions_is_refused(string name) =>
        Assert.Throws<BadInputException>(() => Read(name, name.EndsWith("json", StringComparison.Ordinal) ? "[]"
            : name.EndsWith("csv", StringComparison.Ordinal) ? "question,A,B,C,D,answer\n" : "\n"));

    private IReadOnlyList<EvaluationTask> Read(string name, string content) => TaskFiles.Read([folder.Write(name, content)], NoProgress.Instance);

    private sealed class Notes : IProgressReport
    {
        public List<string> Said { get; } = [];

        public void Report(string stage, long done, long total, string message = "")
        {
        }

        public void Note(string message) => Said.Add(message);
    }
}
