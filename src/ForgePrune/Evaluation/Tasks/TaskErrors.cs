using ForgePrune.Errors;

namespace ForgePrune.Evaluation.Tasks;

internal static class TaskErrors
{
    public static BadInputException Line(string path, long line, string what, Exception? inner = null) =>
        new($"line {line} of {path} {what}", inner);

    public static BadInputException Unreadable(string path, Exception inner) =>
        new($"the task file {path} cannot be read ({inner.Message.ReplaceLineEndings(" ").TrimEnd('.')}); check the path, its permissions and that it is UTF-8",
            inner);

    public static BadInputException Unknown(string path, string why) =>
        new($"{path} is no task that ForgePrune knows: {why}; give HellaSwag, ARC, PIQA, WinoGrande, BoolQ, MMLU, TruthfulQA (mc_task.json), AGIEval or LAMBADA files");

    public static BadInputException Nothing(string path) => new($"{path} holds no task file; name a folder or file with tasks in it");

    public static BadInputException NoQuestions(string path) => new($"{path} holds no question; give a task file with at least one");

    public static BadInputException Merged(string task, long line) => new(
        $"the tokenizer leaves nothing of a continuation in {task}, line {line}: it makes one token of the end of the context and all that follows; ask this task with another tokenizer");

    public static BadInputException TooLong(string task, long line, int tokens, int most) => new(
        $"a continuation in {task}, line {line}, has {tokens} tokens where the model has {most} positions; leave the task out or take a model with more");
}
