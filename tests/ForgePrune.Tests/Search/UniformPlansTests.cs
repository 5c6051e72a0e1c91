using ForgePrune.Model;
using ForgePrune.Search;
using ForgePrune.Search.Costs;
using ForgePrune.Testing;

namespace ForgePrune.Tests.Search;

public sealed class UniformPlansTests
{
    [Test]
    public void The_best_of_all_uniform_plans_is_found([Range(0, 9)] int seed)
    {
        var problem = new TinyProblem(seed, layers: 3, ffn: 160);
        var space = Space(problem.Config, 0.6);
        var windows = TinyProblem.Windows(6);
        var all = TinyProblem.Everything(space.Space).Select(indices => space.Space.PlanOf(indices))
            .Where(plan => plan.Layers.Distinct().Count() == 1 && space.Cost.Of(plan) <= space.Budget).ToArray();
        Assert.That(all, Has.Length.GreaterThan(UniformPlans.Widest(space).Count));
        // One and the same text measures all plans here, so that the few windows cannot mislead.
        var found = UniformPlans.Best(space, new WindowScores(problem, windows), few: 6);
        Assert.That(found[0].Kl, Is.EqualTo(problem.Kl(all, windows).Min(kl => kl.Average())));
        Assert.That(found.Select(plan => plan.Kl), Is.Ordered);
        Assert.That(found.Select(plan => plan.Name), Is.Unique);
        foreach (var plan in found)
            Assert.That((plan.Cost, plan.Plan), Is.EqualTo((space.Cost.Of(plan.Plan), space.Space.PlanOf(plan.Indices))));
    }

    [Test]
    public void Experts_leave_whole_and_narrow_and_no_fewer_stay_than_a_token_passes()
    {
        var kind = new MlpKind { ExpertWidth = 48, PerToken = 3, Normalized = true };
        var config = SyntheticModels.Config(layers: 2, ffn: 10 * kind.ExpertWidth) with { Family = "mixtral", Mlp = [kind, kind] };
        var space = Space(config, 0.5);
        var grid = space.Space.Experts!;
        Assert.That(grid.Counts, Is.EqualTo(new[] { 10, 9, 8, 6, 5, 4, 3 }), "eighths of ten, and as many as a token passes");
        Assert.That(grid.Widths, Is.EqualTo(new[] { 48, 32, 16 }));
        var plans = UniformPlans.Widest(space, grid);
        Assert.That(plans, Is.Unique);
        foreach (var plan in plans)
        {
            var (pruned, shape) = (config with { Layers = plan.Layers }, plan.Layers[0]);
            Assert.That(plan.Layers.Distinct().Count(), Is.EqualTo(1));
            Assert.That(pruned.MlpOf(0).Allows(shape.Ffn) && ModelFamilies.IsStock(pruned), $"{shape}");
            Assert.That(space.Cost.Of(plan), Is.EqualTo((double)ModelSize.Of(pruned).Prunable).And.LessThanOrEqualTo(space.Budget));
            var width = pruned.MlpOf(0).ExpertWidth;
            if (width < 48)
                Assert.That(space.Cost.Of(new([.. plan.Layers.Select(_ => grid.Shape(new(shape.KvHeads, shape.QueryHeads), shape.Ffn / width, width + 16))])),
                    Is.GreaterThan(space.Budget), "the widest that fits");
        }

        // Narrow experts reach below whole ones.
        var least = space.Cost.Of(new([.. config.Layers.Select(_ => grid.Shape(space.Space.Offered[0].Attention[^1], 3, 16))]));
        Assert.That(() => new BudgetedSpace(space.Space, space.Cost, least).RequireWithinReach(), Throws.Nothing);
        Assert.That(() => new BudgetedSpace(space.Space, space.Cost, least - 1).RequireWithinReach(), Throws.TypeOf<TargetNotMetException>());
        Assert.That(Space(SyntheticModels.Config(), 0.5).Space.Experts, Is.Null);
    }

    [Test]
    public void Few_windows_choose_which_plans_all_windows_judge()
    {
        var problem = new TinyProblem(1, layers: 2, ffn: 160, heads: 8);
        var space = Space(problem.Config, 0.6);
        var plans = UniformPlans.Widest(space).Count;
        Assert.That(plans, Is.EqualTo(4), "8, 4, 2 and 1 of 8 heads");
        var found = UniformPlans.Best(space, new WindowScores(problem, TinyProblem.Windows(6)), few: 2);
        Assert.That(found, Has.Count.EqualTo(plans));
        Assert.That(problem.Measured, Is.EqualTo(6 * plans), "four are measured on all windows at once");
        problem = new TinyProblem(1, layers: 2, ffn: 160, heads: 8, family: "mistral");
        space = Space(problem.Config, 0.6);
        plans = UniformPlans.Widest(space).Count;
        Assert.That(plans, Is.EqualTo(8));
        Assert.That(UniformPlans.Best(space, new WindowScores(problem, TinyProblem.Windows(6)), few: 2), Has.Count.EqualTo(UniformPlans.Survivors));
        Assert.That(problem.Measured, Is.EqualTo((2 * plans) + (6 * UniformPlans.Survivors)));
    }

    [Test]
    public void Every_level_makes_a_stock_model_that_keeps_all_blocks()
    {
        foreach (var space in new[] { Space(TinyProblem.Model(2, new LayerShape(4, 8, 96), hidden: 32), 1).Space, Space(Qwen, 1).Space })
        {
            var config = space.Offered.Count == 2 ? TinyProblem.Model(2, new LayerShape(4, 8, 96), hidden: 32) : Qwen;
            foreach (var attention in space.Offered[0].Attention)
            {
                foreach (var ffn in space.Offered[0].Ffn)
                {
                    var shape = new LayerShape(attention.KvHeads, attention.QueryHeads, ffn);
                    Assert.That(ModelFamilies.IsStock(config with { Layers = [.. config.Layers.Select(_ => shape)] }), Is.True, $"{shape}");
                }
            }
        }

        // Qwen's heads need not divide the hidden size.
        Assert.That(Space(Qwen, 1).Space.Offered[0].Attention, Has.Some.Matches<AttentionLevel>(level => level.QueryHeads == 3));
    }

    [Test]
    public void Widths_are_whole_blocks_where_the_dense_width_is()
    {
        Assert.That(Space(TinyProblem.Model(1, new LayerShape(1, 1, 96)), 1).Space.Offered[0].Ffn, Is.EqualTo(new[] { 96, 64, 32 }));
        Assert.That(Space(TinyProblem.Model(1, new LayerShape(1, 1, 40)), 1).Space.Offered[0].Ffn, Is.EqualTo(new[] { 40, 32, 16 }));
    }

    [Test]
    public void Models_that_stock_classes_do_not_hold_are_refused()
    {
        var plain = SyntheticModels.Config();
        Assert.That(() => PlanShapes.Uniform.Require(plain), Throws.Nothing);
        ModelConfig[] others =
            [plain with { DownBias = true }, plain with { Layers = [new(2, 4, 48), new(1, 2, 48)] }, plain with { Layers = [new(3, 3, 8)] }];
        foreach (var other in others)
            Assert.That(() => PlanShapes.Uniform.Require(other), Throws.InstanceOf<Errors.BadInputException>().With.Message.Contains("`Shapes` uniform"));
    }

    private static ModelConfig Qwen =>
        TinyProblem.Model(3, new LayerShape(1, 4, 32), hidden: 16) with { Family = "qwen2", QkvBias = true };

    private static BudgetedSpace Space(ModelConfig config, double share)
    {
        var cost = new PrunableCost(config);
        return new(SearchSpace.For(config, SearchSpaceOptions.Fifths(16) with { Shapes = PlanShapes.Uniform }, cost), cost,
            share * cost.Of(new Plan(config.Layers)));
    }
}
