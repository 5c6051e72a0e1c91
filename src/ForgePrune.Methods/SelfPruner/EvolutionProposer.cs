using ForgePrune.Search;

namespace ForgePrune.Methods.SelfPruner;

/// <summary>The control that a language model must beat: normal draws around the mean, uniform crossover of two of the better half,
/// normal mutation of one of them.</summary>
internal sealed class EvolutionProposer : IProposer
{
    private const double Spread = 0.15, MutationSpread = 0.08;

    // The sum of twelve uniform draws, less six, is close to normal, and the same on every machine, as a logarithm need not be.
    private const int Draws = 12;

    public string Name => "evolution";

    public ProposalAnswer Propose(ProposalRequest request, CancellationToken stop)
    {
        var random = new SearchRandom(request.Seed);
        return new([.. Enumerable.Range(0, request.Count).Select(_ => One(request, random))]);
    }

    private static double[] One(ProposalRequest request, SearchRandom random) => request.Kind switch
    {
        ProposalKind.Start => Around(Enumerable.Repeat(request.Mean, request.Layers), Spread, random),
        ProposalKind.Crossover => Crossed(Parent(request, random), Parent(request, random), random),
        _ => Around(Parent(request, random), MutationSpread, random),
    };

    private static IReadOnlyList<double> Parent(ProposalRequest request, SearchRandom random) =>
        request.Population[random.Below((request.Population.Count + 1) / 2)].Rates;

    private static double[] Crossed(IReadOnlyList<double> first, IReadOnlyList<double> second, SearchRandom random) =>
        [.. first.Zip(second, (a, b) => random.Below(2) == 0 ? a : b)];

    private static double[] Around(IEnumerable<double> rates, double spread, SearchRandom random) =>
        [.. rates.Select(rate => Math.Clamp(rate + (spread * Normal(random)), 0, 1))];

    private static double Normal(SearchRandom random) =>
        Enumerable.Range(0, Draws).Sum(_ => (random.NextWord() >> 11) * (1.0 / (1L << 53))) - (Draws / 2.0);
}
