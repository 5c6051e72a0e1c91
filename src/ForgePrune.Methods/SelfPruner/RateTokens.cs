using ForgePrune.Errors;
using ForgePrune.Tokens;

namespace ForgePrune.Methods.SelfPruner;

/// <summary>The grammar over a tokenizer's tokens: which ids may come next, so that a model under this mask can write valid lists only.</summary>
internal sealed class RateTokens
{
    private readonly RateGrammar grammar;
    private readonly Dictionary<int, string> texts = [];
    private readonly Dictionary<RateState, int[]> allowed = [];

    /// <param name="vocab">Width of the model's logits: ids beyond it are never allowed.</param>
    /// <exception cref="BadInputException">Some character of the grammar has no token of its own, so that a list might not be finished.</exception>
    public RateTokens(Tokenizer tokenizer, int vocab, RateGrammar grammar)
    {
        this.grammar = grammar;
        // A token's text is what it adds behind another: at the start of a text decoders drop spaces.
        var anchor = tokenizer.Encode("[")[^1];
        var before = tokenizer.Decode([anchor]).Length;
        for (var id = 0; id < Math.Min(vocab, tokenizer.VocabSize); id++)
        {
            var text = Text(tokenizer, [anchor, id]);
            if (text is not null && text.Length > before && text.AsSpan(before).IndexOfAnyExcept(RateGrammar.Alphabet) < 0)
                texts.Add(id, text[before..]);
        }

        // With a token for every single character no state is a dead end. The space may be left out of a list.
        foreach (var character in RateGrammar.Alphabet.Where(character => character != ' '))
        {
            if (!texts.ContainsValue(character.ToString()))
                throw new BadInputException($"the proposer's tokenizer has no token '{character}', so its model cannot write lists of rates; use another model with `Proposer.Model` or another `Proposer`");
        }
    }

    /// <summary>Ids that may follow, ascending; none once the list is closed.</summary>
    public int[] Allowed(RateState state)
    {
        if (!allowed.TryGetValue(state, out var ids))
            allowed[state] = ids = [.. texts.Where(token => grammar.Next(state, token.Value) is not null).Select(token => token.Key).Order()];
        return ids;
    }

    /// <param name="id">One of <see cref="Allowed"/>.</param>
    public RateState Next(RateState state, int id) => grammar.Next(state, texts[id])!.Value;

    public string Text(int id) => texts[id];

    private static string? Text(Tokenizer tokenizer, int[] ids)
    {
        try
        {
            return tokenizer.Decode(ids);
        }
        catch (BadInputException)
        {
            // A number without a token: vocabularies have gaps.
            return null;
        }
    }
}
