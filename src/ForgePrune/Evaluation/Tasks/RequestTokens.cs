using ForgePrune.Tokens;

namespace ForgePrune.Evaluation.Tasks;

/// <summary>A request as token ids: the last <c>Targets.Length</c> positions of <paramref name="Input"/> predict the targets.</summary>
/// <param name="Input">The input of the model, at least as long as the targets.</param>
/// <param name="Targets">The tokens of the continuation.</param>
/// <param name="Cut">The number of tokens that did not fit and were removed from the front of the context.</param>
internal sealed record RequestTokens(int[] Input, int[] Targets, int Cut)
{
    /// <summary>Tokenizes a request as lm-evaluation-harness does: spaces at the end of the context move to the continuation, and the tokens of the
    /// continuation are those of the whole text after as many tokens as the context alone has.</summary>
    /// <param name="request">The request.</param>
    /// <param name="tokenizer">The tokenizer of the model.</param>
    /// <param name="bos">The id before every context; null for none.</param>
    /// <param name="prefix">The id in place of an empty context.</param>
    /// <param name="positions">The largest number of input tokens.</param>
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
