using ForgePrune.Serving;

namespace ForgePrune.Generation;

/// <summary>Continues a prompt, token by token.</summary>
public static class TextGeneration
{
    /// <summary>Yields each new token as soon as it is drawn; ends after <paramref name="count"/> tokens or with an end token, which is yielded.</summary>
    /// <param name="prompt">At least one id.</param>
    /// <param name="ends">Ids that end the text.</param>
    public static IEnumerable<int> Continue(this IServedDecoder decoder, int[] prompt, int count, TokenSampler sampler, IReadOnlyCollection<int>? ends = null)
    {
        ArgumentOutOfRangeException.ThrowIfZero(prompt.Length);
        using var state = decoder.NewState(batch: 1, prompt.Length + count);
        var unread = prompt;
        for (var i = 0; i < count; i++)
        {
            var token = sampler.Draw(state.Append(unread)[^decoder.VocabSize..]);
            yield return token;
            if (ends is not null && ends.Contains(token))
                yield break;
            unread = [token];
        }
    }
}
