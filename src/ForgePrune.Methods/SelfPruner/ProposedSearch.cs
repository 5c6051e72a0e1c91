using ForgePrune.Pipeline.Summary;
using ForgePrune.Search;

namespace ForgePrune.Methods.SelfPruner;

/// <summary>Self-Pruner's loop: a proposer names the first population, then children that cross or change what has been measured; the best
/// stay. Every list is moved to the budget before it is measured. Where the proposer gives too few valid lists, plain evolution fills in,
/// and that is said and counted.</summary>
/// <param name="scores">All windows decide: there is no screening.</param>
/// <param name="effort">Offspring per iteration, half by crossover and half by mutation; the population is half as large again, in the
/// authors' proportion of 30 to 20.</param>
/// <param name="folder">Where to keep the state; null keeps none.</param>
/// <param name="note">Told what people should know: the first fault of each kind, and when the proposer is given up.</param>
internal sealed class ProposedSearch(
    BudgetedSpace space, WindowScores scores, SearchEffort effort, IProposer proposer, SearchFolder? folder, Action<string> note)
{
    /// <summary>After so many requests in a row without an answer no more are sent.</summary>
    public const int MostFailuresInARow = 3;

    private const int LeastPopulation = 4;

    private readonly LayerRates rates = new(space);
    private readonly EvolutionProposer evolution = new();

    private int Population => Math.Max(LeastPopulation, effort.Offspring * 3 / 2);

    /// <param name="report">Hears of every iteration; what it throws ends the search.</param>
    public ProposalState Run(ulong seed, IProgress<SearchProgress>? report = null, CancellationToken stop = default)
    {
        var state = ProposalState.Find(folder)
            ?? new ProposalState([], new SearchRandom(seed).State, [], 0, 0, 0, false, [], new ProposalCounts(proposer.Name));
        while (!state.Done)
        {
            stop.ThrowIfCancellationRequested();
            report?.Report(new("proposals", state.Iterations, effort.Generations + 1, state.Best?.Kl));
            state = Iteration(state, stop);
            state.Keep(folder);
        }

        report?.Report(new("proposals", effort.Generations + 1, effort.Generations + 1, state.Best!.Kl));
        return state;
    }

    private ProposalState Iteration(ProposalState state, CancellationToken stop)
    {
        var questions = state.Iterations == 0
            ? [(ProposalKind.Start, Population)]
            : new[] { (ProposalKind.Crossover, effort.Offspring / 2), (ProposalKind.Mutation, (effort.Offspring + 1) / 2) };
        var random = new SearchRandom(state.Random);
        var (counts, failures, lists) = (state.Counts, state.FailuresInARow, new List<double[]>());
        foreach (var (kind, count) in questions)
            lists.AddRange(Ask(new(kind, state.Iterations, count, rates.Layers, rates.Mean, Tried(state), random.NextWord()), ref counts, ref failures, stop));

        var seen = state.Seen.ToHashSet();
        var plans = lists.Select(rates.Plan).ToArray();
        var fresh = plans.Where(plan => seen.Add(LevelSwitch.Key(plan))).ToArray();
        var kl = scores.Measure([.. fresh.Select(plan => space.Space.PlanOf(plan))], 0, scores.Count);
        var population = state.Population.Concat(fresh.Select((plan, i) => new MeasuredRates(plan, rates.Of(plan), kl[i])))
            .OrderBy(member => member.Kl).Take(Population).ToArray();

        var better = state.Best is null || population[0].Kl < state.Best.Kl;
        var (iterations, stalled) = (state.Iterations + 1, better ? 0 : state.Stalled + 1);
        return new(population, random.State, [.. seen.Order()], iterations, stalled, failures,
            iterations > effort.Generations || stalled >= effort.Patience, [.. state.History, population[0].Kl],
            counts with
            {
                Repaired = counts.Repaired + lists.Count(Misses),
                Duplicates = counts.Duplicates + plans.Length - fresh.Length,
                Measured = counts.Measured + fresh.Length,
            });
    }

    private List<double[]> Ask(ProposalRequest request, ref ProposalCounts counts, ref int failures, CancellationToken stop)
    {
        var lists = new List<double[]>();
        if (failures < MostFailuresInARow)
        {
            var answer = proposer.Propose(request, stop);
            lists.AddRange(answer.Rates.Take(request.Count));
            failures = answer.Failed ? failures + 1 : 0;
            Tell(answer, counts, failures);
            counts = counts with
            {
                Usable = counts.Usable + lists.Count,
                Malformed = counts.Malformed + answer.Malformed,
                FailedRequests = counts.FailedRequests + (answer.Failed ? 1 : 0),
                Retries = counts.Retries + answer.Retries,
            };
        }

        var missing = request.Count - lists.Count;
        if (missing > 0)
            lists.AddRange(evolution.Propose(request with { Count = missing }, stop).Rates);
        counts = counts with { Asked = counts.Asked + request.Count, FromEvolution = counts.FromEvolution + missing };
        return lists;
    }

    /// <summary>The first fault of each kind at once; the counts at the end tell how many there were.</summary>
    private void Tell(ProposalAnswer answer, ProposalCounts before, int failures)
    {
        if (answer.Failed && before.FailedRequests == 0)
            note($"proposer {proposer.Name} gave no answer: {answer.Fault}; plain evolution proposes in its place");
        else if (!answer.Failed && answer.Fault is not null && before.Malformed == 0 && before.FromEvolution == 0)
            note($"proposer {proposer.Name} gave an answer that is not all lists: {answer.Fault}; plain evolution proposes what is missing");
        if (answer.Failed && failures == MostFailuresInARow)
            note($"proposer {proposer.Name} is given up after {failures} requests in a row without an answer; plain evolution goes on alone");
    }

    // Half a percentage point: lists of whole percentages cannot come closer than that.
    private bool Misses(double[] list) => list.Zip(rates.Filled(list), (asked, filled) => Math.Abs(asked - filled)).Max() > 0.005;

    private static ScoredRates[] Tried(ProposalState state) => [.. state.Population.Select(member => new ScoredRates(member.Rates, member.Kl))];
}

/// <param name="Population">The best so far, best first.</param>
/// <param name="Random">State of the generator.</param>
/// <param name="Seen">Keys of all plans measured.</param>
/// <param name="Stalled">Iterations since the last gain.</param>
/// <param name="FailuresInARow">Requests without answer, the last ones.</param>
/// <param name="History">KL of the best after each iteration.</param>
internal sealed record ProposalState(
    MeasuredRates[] Population, ulong[] Random, ulong[] Seen, int Iterations, int Stalled, int FailuresInARow, bool Done, double[] History,
    ProposalCounts Counts)
{
    [System.Text.Json.Serialization.JsonIgnore]
    public MeasuredRates? Best => Population.FirstOrDefault();

    private const string Name = "proposals";

    /// <summary>Where a stopped search stood; null where none was, or where nothing is kept.</summary>
    public static ProposalState? Find(SearchFolder? folder) => folder?.Load(Name, ProposalJson.Default.ProposalState);

    internal void Keep(SearchFolder? folder) => folder?.Save(Name, this, ProposalJson.Default.ProposalState);
}

/// <param name="Indices">The plan, as level indices.</param>
/// <param name="Rates">What it removes of each layer.</param>
/// <param name="KlPerWindow">Nats per token.</param>
internal sealed record MeasuredRates(int[] Indices, double[] Rates, double[] KlPerWindow)
{
    [System.Text.Json.Serialization.JsonIgnore]
    public double Kl { get; } = KlPerWindow.Average();
}
