using System.CommandLine;
using ForgePrune.Cli.Parsing;
using ForgePrune.Errors;
using ForgePrune.Serving;

namespace ForgePrune.Cli.Verbs;

/// <summary>The options that say which tasks a model is asked, shared by eval and compare.</summary>
internal sealed class TaskOptions
{
    private readonly Option<string[]?> tasks = Options.Typed<string[]?>("--tasks", "FILE,...",
        "Task files, or folders with them: HellaSwag, ARC, PIQA, WinoGrande, BoolQ, MMLU, TruthfulQA, AGIEval, LAMBADA.", Values.Tasks);

    private readonly Option<int?> limit = Options.Typed<int?>("--limit", "N", "Ask only the first N questions of each task.",
        text => Values.Whole("--limit", text, 1, int.MaxValue));

    private readonly Option<bool> bos =
        new("--bos") { Description = "Begin every task's context with the BOS token. [default: as lm-evaluation-harness, without]" };

    public void AddTo(Command command)
    {
        command.Options.Add(tasks);
        command.Options.Add(limit);
        command.Options.Add(bos);
    }

    /// <returns>Null where no task is asked for.</returns>
    /// <exception cref="BadInputException">An option says how tasks are asked, and none is.</exception>
    public TaskSettings? Read(ParseResult line, string model, int threads)
    {
        if (line.GetValue(tasks) is { Length: > 0 } paths)
            return new TaskSettings(model, paths, line.GetValue(limit), line.GetValue(bos), threads);
        return Options.Given(line, [limit, bos]).FirstOrDefault() is { } given
            ? throw new BadInputException($"{given.Name} says how tasks are asked, but none is named; give {tasks.Name} FILE as well, or leave it out") : null;
    }
}
