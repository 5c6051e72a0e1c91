namespace ForgePrune.Methods.SelfPruner;

/// <summary>Proposes how much of each layer to remove: a rule, plain evolution, or a language model. What it proposes need not meet the
/// budget; <see cref="LayerRates"/> sees to that.</summary>
internal interface IProposer
{
    /// <summary>The name of the proposer in the settings of a run.</summary>
    string Name { get; }

    ProposalAnswer Propose(ProposalRequest request, CancellationToken stop);
}

/// <summary>What is asked for.</summary>
internal enum ProposalKind
{
    /// <summary>The first population.</summary>
    Start,

    /// <summary>Children that combine two of the population.</summary>
    Crossover,

    /// <summary>Children that change one of the population a little.</summary>
    Mutation,
}

/// <param name="Iteration">0 for the first population.</param>
/// <param name="Count">Lists wanted.</param>
/// <param name="Layers">Rates per list.</param>
/// <param name="Mean">The rate that, taken everywhere, meets the budget.</param>
/// <param name="Population">The best so far, best first; empty at the start.</param>
/// <param name="Seed">Of everything random in the answer.</param>
internal sealed record ProposalRequest(
    ProposalKind Kind, int Iteration, int Count, int Layers, double Mean, IReadOnlyList<ScoredRates> Population, ulong Seed);

/// <param name="Rates">Share removed per layer, as the measured plan has it.</param>
/// <param name="Kl">Mean nats per token.</param>
internal sealed record ScoredRates(IReadOnlyList<double> Rates, double Kl);

/// <param name="Rates">Valid lists, at most as many as were asked for: one rate in [0, 1] per layer.</param>
/// <param name="Malformed">Lists or lines that were no valid list.</param>
/// <param name="Failed">No answer came at all: refused, too slow, an error of the server.</param>
/// <param name="Retries">Requests beyond the first that it took.</param>
/// <param name="Fault">What was wrong, in words, where something was.</param>
internal sealed record ProposalAnswer(
    IReadOnlyList<double[]> Rates, int Malformed = 0, bool Failed = false, int Retries = 0, string? Fault = null);
