namespace ForgePrune.Methods.SelfPruner;

/// <summary>Straight ramps, without chance: later layers lose more, half of the ramps sparing the last layer. Then midpoints of good lists,
/// and single layers moved up and down. A stand-in for what a language model is said to know about layers.</summary>
internal sealed class RampProposer : IProposer
{
    private const double Step = 0.1;

    public string Name => "ramp";

    public ProposalAnswer Propose(ProposalRequest request, CancellationToken stop) =>
        new([.. Enumerable.Range(0, request.Count).Select(index => request.Kind switch
        {
            ProposalKind.Start => Ramp(request, index),
            ProposalKind.Crossover => Midpoint(request.Population, index),
            _ => Moved(request, index),
        })]);

    /// <summary>The i-th slope from none to the steepest, each without and with the last layer spared.</summary>
    private static double[] Ramp(ProposalRequest request, int index)
    {
        var slopes = Math.Max(1, (request.Count - 1) / 2);
        var reach = Math.Min(request.Mean, 1 - request.Mean) * (index / 2) / slopes;
        var rates = Enumerable.Range(0, request.Layers).Select(layer => Line(request, reach, layer)).ToArray();
        if (index % 2 == 1)
            rates[^1] = Line(request, reach, 0);
        return rates;
    }

    private static double Line(ProposalRequest request, double reach, int layer) =>
        Math.Clamp(request.Mean + (request.Layers == 1 ? 0 : reach * ((2.0 * layer / (request.Layers - 1)) - 1)), 0, 1);

    /// <summary>First with second, first with third, second with third, and so on.</summary>
    private static double[] Midpoint(IReadOnlyList<ScoredRates> population, int index)
    {
        var (a, b) = (0, 1);
        for (; index > 0; index--)
            (a, b) = a + 1 < b ? (a + 1, b) : (0, b + 1);
        var (first, second) = (population[a % population.Count].Rates, population[b % population.Count].Rates);
        return [.. first.Zip(second, (x, y) => (x + y) / 2)];
    }

    private static double[] Moved(ProposalRequest request, int index)
    {
        var move = ((request.Iteration - 1) * request.Count) + index;
        var rates = request.Population[0].Rates.ToArray();
        var layer = move / 2 % request.Layers;
        rates[layer] = Math.Clamp(rates[layer] + (move % 2 == 0 ? Step : -Step), 0, 1);
        return rates;
    }
}
