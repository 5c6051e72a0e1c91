using ForgePrune.Methods.SelfPruner;
using ForgePrune.Search;
using ForgePrune.Search.Costs;
using ForgePrune.Testing;

namespace ForgePrune.Methods.Tests.SelfPruner;

public sealed class ProposedSearchTests
{
    private static readonly SearchEffort Effort = new(4, 2, 0, 6, 6, 8, []);

    [Test]
    public void The_same_seed_gives_the_same_plan_within_the_budget([Values] bool evolving, [Range(0, 4)] int seed)
    {
        var proposer = Deterministic(evolving);
        var problem = new TinyProblem(seed, layers: 4, ffn: 64);
        var space = problem.Space(0.5);
        var (first, second) = (Search(space, problem, proposer).Run(3), Search(space, problem, proposer).Run(3));
        Assert.That(first.Best!.Indices, Is.EqualTo(second.Best!.Indices));
        Assert.That(first.History, Is.EqualTo(second.History));
        foreach (var member in first.Population)
            Assert.That(space.Cost.Of(space.Space.PlanOf(member.Indices)), Is.LessThanOrEqualTo(space.Budget));
    }

    [Test]
    public void Iterations_gain_and_the_best_stay([Values] bool evolving)
    {
        var proposer = Deterministic(evolving);
        var gained = 0;
        for (var seed = 0; seed < 10; seed++)
        {
            var problem = new TinyProblem(seed, layers: 5, ffn: 64);
            var state = Search(problem.Space(0.5), problem, proposer).Run(1);
            Assert.That(state.History, Is.Ordered.Descending);
            Assert.That(state.Population.Select(member => member.Kl), Is.Ordered);
            Assert.That(state.Counts.Measured, Is.EqualTo(state.Counts.Asked - state.Counts.Duplicates));
            Assert.That(state.Seen, Has.Length.EqualTo(state.Counts.Measured), "no plan is measured twice");
            gained += state.History[^1] < state.History[0] ? 1 : 0;
        }

        Assert.That(gained, Is.GreaterThan(5));
    }

    [Test]
    public void Every_proposer_is_asked_for_the_same_number_of_lists()
    {
        var problem = new TinyProblem(1, layers: 4, ffn: 64);
        IProposer[] all = [Deterministic(evolving: false), Deterministic(evolving: true), new Silent()];
        var asked = all.Select(proposer => Search(problem.Space(0.5), problem, proposer, Effort with { Patience = 99 }).Run(1).Counts.Asked);
        Assert.That(asked, Is.All.EqualTo(12 + (6 * 8)));
    }

    [Test]
    public void A_proposer_that_never_answers_is_given_up_aloud_and_evolution_goes_on()
    {
        var problem = new TinyProblem(2, layers: 4, ffn: 64);
        var (silent, notes) = (new Silent(), new List<string>());
        var state = Search(problem.Space(0.5), problem, silent, note: notes.Add).Run(9);
        Assert.That(silent.Requests, Is.EqualTo(ProposedSearch.MostFailuresInARow));
        Assert.That(state.Counts, Has.Property("FailedRequests").EqualTo(3).And.Property("Retries").EqualTo(6).And.Property("Usable").Zero);
        Assert.That(state.Counts.FromEvolution, Is.EqualTo(state.Counts.Asked));
        Assert.That(notes, Has.Count.EqualTo(2).And.One.Contains("out of order").And.One.Contains("given up"));
        var evolution = Search(problem.Space(0.5), problem, new EvolutionProposer()).Run(9);
        Assert.That(state.Best!.Indices, Is.EqualTo(evolution.Best!.Indices), "the fallback is plain evolution itself");
        Assert.That(state.Counts.ToString(), Does.Contain("3 requests without answer").And.Contain($"{state.Counts.Asked} lists from plain evolution"));
    }

    [Test]
    public void What_is_malformed_is_counted_and_replaced()
    {
        var problem = new TinyProblem(3, layers: 4, ffn: 64);
        var notes = new List<string>();
        var state = Search(problem.Space(0.5), problem, new Careless(), note: notes.Add).Run(9);
        Assert.That(state.Counts.Usable, Is.Positive);
        Assert.That(state.Counts.Malformed, Is.EqualTo(state.Counts.FromEvolution).And.EqualTo(state.Counts.Asked - state.Counts.Usable));
        Assert.That(notes, Has.Count.EqualTo(1), "the first fault, not every one");
        Assert.That(state.Counts.Repaired, Is.Positive);
    }

    [Test]
    public void A_stopped_search_goes_on_as_if_it_had_not([Values] bool evolving)
    {
        var proposer = Deterministic(evolving);
        var problem = new TinyProblem(4, layers: 4, ffn: 64);
        using var folder = new TemporaryFolder();
        using var stop = new CancellationTokenSource();
        var search = Search(problem.Space(0.5), problem, proposer, folder: new SearchFolder(folder.Path));
        Assert.That(() => search.Run(5, new StopAt(3, stop), stop.Token), Throws.InstanceOf<OperationCanceledException>());
        Assert.That(ProposalState.Find(new SearchFolder(folder.Path))!.Iterations, Is.EqualTo(3));
        var resumed = Search(problem.Space(0.5), problem, proposer, folder: new SearchFolder(folder.Path)).Run(5);
        var whole = Search(problem.Space(0.5), problem, proposer).Run(5);
        Assert.That(resumed.History, Is.EqualTo(whole.History));
        Assert.That(resumed.Best!.Indices, Is.EqualTo(whole.Best!.Indices));
        Assert.That(resumed.Counts, Is.EqualTo(whole.Counts));
    }

    [Test]
    public void A_model_of_one_layer_and_a_search_without_iterations_have_plans_too([Values] bool evolving)
    {
        var proposer = Deterministic(evolving);
        var problem = new TinyProblem(5, layers: 1, ffn: 64);
        Assert.That(Search(problem.Space(0.5), problem, proposer).Run(1).Best, Is.Not.Null);
        Assert.That(Search(problem.Space(0.5), problem, proposer, SearchEffort.Large).Run(1).Counts.Asked, Is.EqualTo(4));
    }

    private static IProposer Deterministic(bool evolving) => evolving ? new EvolutionProposer() : new RampProposer();

    private static ProposedSearch Search(
        BudgetedSpace space, TinyProblem problem, IProposer proposer, SearchEffort? effort = null, SearchFolder? folder = null, Action<string>? note = null) =>
        new(space, new WindowScores(problem, TinyProblem.Windows(4)), effort ?? Effort, proposer, folder, note ?? (_ => { }));

    private sealed class Silent : IProposer
    {
        public int Requests { get; private set; }

        public string Name => "silent";

        public ProposalAnswer Propose(ProposalRequest request, CancellationToken stop)
        {
            Requests++;
            return new([], Failed: true, Retries: 2, Fault: "out of order");
        }
    }

    private sealed class Careless : IProposer
    {
        public string Name => "careless";

        public ProposalAnswer Propose(ProposalRequest request, CancellationToken stop) =>
            new([Enumerable.Repeat(0.9, request.Layers).ToArray()], request.Count - 1, Fault: "words");
    }

    private sealed class StopAt(int iteration, CancellationTokenSource stop) : IProgress<SearchProgress>
    {
        public void Report(SearchProgress value)
        {
            if (value.Done < iteration)
                return;
            stop.Cancel();
            stop.Token.ThrowIfCancellationRequested();
        }
    }
}
