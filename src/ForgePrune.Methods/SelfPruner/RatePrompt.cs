using System.Globalization;

namespace ForgePrune.Methods.SelfPruner;

/// <summary>What a language model is told: numbers of layers, rates and losses, nothing of the model's weights or of any text.</summary>
internal static class RatePrompt
{
    /// <summary>The role of a chat model.</summary>
    public const string System =
        "You decide how strongly each layer of a decoder language model is pruned. You answer with lists of whole numbers only, one list per line, and never with words.";

    /// <summary>The question to a chat model.</summary>
    public static string Chat(ProposalRequest request) =>
        $"""
        A model has {request.Layers} decoder layers. A list names, from the first layer to the last, the percentage of each layer's weights that is removed: whole numbers from 0 to 99. Their mean should be {Percent(request.Mean)}.
        {Tried(request.Population)}{Task(request)}
        Write exactly {request.Count} lines. Every line is one list of exactly {request.Layers} numbers in this form and holds nothing else: {RateGrammar.Write(Enumerable.Repeat(request.Mean, request.Layers))}
        """;

    /// <summary>A text that a model without chat would continue with a list. Short, for models with few positions.</summary>
    /// <param name="shown">How many of the population it may show.</param>
    public static string Completion(ProposalRequest request, int shown)
    {
        var examples = request.Population.Take(shown).Reverse()
            .Select(tried => $"loss {Loss(tried.Kl)}: {RateGrammar.Write(tried.Rates)}\n");
        var wish = request.Kind switch
        {
            ProposalKind.Start => "a good list",
            ProposalKind.Crossover => "a mix of the two best",
            _ => "the best with a small change",
        };
        return $"Percent removed from each of {request.Layers} layers, mean {Percent(request.Mean)}. Less loss is better.\n{string.Concat(examples)}{wish}: ";
    }

    private static string Tried(IReadOnlyList<ScoredRates> population) => population.Count == 0
        ? ""
        : "Lists measured so far, the best first, each with its loss (divergence from the unpruned model; less is better):\n"
            + string.Concat(population.Select(tried => $"{Loss(tried.Kl)}  {RateGrammar.Write(tried.Rates)}\n"));

    private static string Task(ProposalRequest request) => request.Kind switch
    {
        ProposalKind.Start =>
            "Layers differ in how much they can lose. Think of which are most redundant, and propose lists that differ from each other and from an equal share everywhere.",
        ProposalKind.Crossover =>
            "Choose pairs of good lists among these, and combine each pair to one new list that takes some layers from the one and some from the other.",
        _ => "Choose good lists among these, and change each at a few layers, to get new lists that may be better.",
    };

    private static string Percent(double rate) => Math.Round(100 * rate).ToString(CultureInfo.InvariantCulture);

    private static string Loss(double kl) => kl.ToString("0.000", CultureInfo.InvariantCulture);
}
