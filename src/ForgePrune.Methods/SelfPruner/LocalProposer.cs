using ForgePrune.Errors;
using ForgePrune.Generation;
using ForgePrune.Search;
using ForgePrune.Serving;
using ForgePrune.Tokens;

namespace ForgePrune.Methods.SelfPruner;

/// <summary>A model on this machine, the one being pruned included. It is read as a text that it continues, and at every step only tokens
/// are offered that keep the answer a valid list: whatever its size, it cannot answer anything else.</summary>
/// <param name="positions">Most tokens that the model reads.</param>
internal sealed class LocalProposer(IServedDecoder decoder, Tokenizer tokenizer, int? begin, int positions) : IProposer
{
    private const double Temperature = 0.8, TopP = 1;

    private RateTokens? tokens;

    public string Name => "local";

    public ProposalAnswer Propose(ProposalRequest request, CancellationToken stop)
    {
        var grammar = new RateGrammar(request.Layers);
        tokens ??= new RateTokens(tokenizer, decoder.VocabSize, grammar);
        var prompt = Prompt(request);
        var random = new SearchRandom(request.Seed);
        using var state = decoder.NewState(batch: 1, prompt.Length + MostTokens(request.Layers));
        var first = state.Append(prompt)[^decoder.VocabSize..].ToArray();
        var lists = new List<double[]>();
        for (var list = 0; list < request.Count; list++)
        {
            stop.ThrowIfCancellationRequested();
            state.Rewind(prompt.Length);
            var text = Write(state, first, new TokenSampler(Temperature, TopP, random.Below(int.MaxValue)));
            lists.Add(grammar.Read(text) ?? throw new InvalidOperationException($"the mask let \"{text}\" through"));
        }

        return new(lists);
    }

    private string Write(IDecoderState state, float[] first, TokenSampler sampler)
    {
        var (place, text) = (default(RateState), "");
        ReadOnlySpan<float> logits = first;
        while (place.Place != RatePlace.End)
        {
            var ids = tokens!.Allowed(place);
            var offered = new float[ids.Length];
            for (var i = 0; i < ids.Length; i++)
                offered[i] = logits[ids[i]];
            var id = ids[sampler.Draw(offered)];
            place = tokens.Next(place, id);
            text += tokens.Text(id);
            if (place.Place != RatePlace.End)
                logits = state.Append(new[] { id })[^decoder.VocabSize..];
        }

        return text;
    }

    /// <summary>The question with as many measured lists as the model has positions for.</summary>
    private int[] Prompt(ProposalRequest request)
    {
        for (var shown = request.Population.Count; shown >= 0; shown--)
        {
            int[] prompt = [.. begin is { } id ? [id] : Array.Empty<int>(), .. tokenizer.Encode(RatePrompt.Completion(request, shown))];
            if (prompt.Length + MostTokens(request.Layers) <= positions)
                return prompt;
        }

        throw new BadInputException(
            $"the proposer's model reads {positions} tokens, too few for the question and a list of {request.Layers} rates; use another model with `Proposer.Model` or another `Proposer`");
    }

    // One token per character at worst: two digits, a comma and a space for each rate, and the brackets.
    private static int MostTokens(int layers) => (4 * layers) + 2;
}
