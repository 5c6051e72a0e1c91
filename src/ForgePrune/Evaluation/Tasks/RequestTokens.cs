using ForgePrune.Tokens;

namespace ForgePrune.Evaluation.Tasks;

/// <summary>A request as the model reads it: the last <c>Targets.Length</c> positions of <paramref name="Input"/> predict the targets.</summary>
/// <param name="Input">At least as long as the targets.</param>
/// <param name="Cut">Tokens that did not fit and were left out at the front of the context.</param>
public sealed record RequestTokens(int[] Input, int[] Targets, int Cut)
{
    /// <summary>Tokens as lm-evaluation-harness makes them: spaces that end the context go over to the continuation; the continuation's
    /// tokens are what the whole text has beyond as many tokens as the context alone has, so that no token is made of both.</summary>
    /// <param name="bos">Begins every context; null for none.</param>
    /// <param name="prefix">Stands for an empty context.</param>
    /// <param name="positions">Most tokens of input.</param>
    public static RequestTokens Of(TaskRequest request, Tokenizer tokenizer, int? bos, int prefix, int positions)
    {
        var (context, continuation) = Moved(request.Context, request.Continuation);
        int[] start = bos is { } id ? [id] : [];
        int[] whole = [.. start, .. tokenizer.Encode(context + continuation)];
        var known = start.Length + tokenizer.Encode(context).Length;
        // Nothing to predict the first token from: the prefix stands before it, unless the text begins with it.
        if (known == 0)
            (whole, known) = whole.Length > 0 && whole[0] == prefix ? (whole, 1) : ([prefix, .. whole], 1);
        var targets = whole[Math.Min(known, whole.Length)..];
        var input = whole[..^1];
        var cut = Math.Max(0, input.Length - positions);
        return new RequestTokens(input[cut..], targets, cut);
    }

    private static (string Context, string Continuation) Moved(string context, string continuation)
    {
        var kept = context.TrimEnd().Length;
        return (context[..kept], context[kept..] + continuation);
    }
}
