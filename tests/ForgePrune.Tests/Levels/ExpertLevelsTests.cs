using ForgePrune.Calibration;
using ForgePrune.Forward;
using ForgePrune.Kernels;
using ForgePrune.Levels;
using ForgePrune.Model;
using ForgePrune.Refit;
using ForgePrune.Testing;
using ForgePrune.Testing.Reference;
using ForgePrune.Tests.Calibration;
using ForgePrune.Tokens;

namespace ForgePrune.Tests.Levels;

/// <summary>Channels inside of experts, against experts that are taken one by one in float64.</summary>
public sealed class ExpertLevelsTests
{
    private const int Seed = 57, Width = SyntheticExperts.Width;

    /// <summary>Products of 32 terms in float32 on both sides of a gate, some ten epsilons of 6e-8, squared and summed; the second layer's stream went through
    /// as many.</summary>
    private const double GramTolerance = 3e-5;

    /// <summary>Float64 against float64 on problems of condition below 1e4, as of other levels.</summary>
    private const double Tolerance = 1e-9;

    [TestCase("mixtral")]
    [TestCase("qwen3_moe")]
    [TestCase("qwen3_moe, plain shares")]
    [TestCase("mixtral, all experts")]
    [TestCase("mixtral, one expert")]
    public void The_Gram_of_an_expert_is_of_the_tokens_that_pass_it_and_of_the_next_where_they_are_fewer_than_its_channels(string name)
    {
        var config = SyntheticExperts.All[name];
        using var run = new SyntheticCalibration(Seed, config);
        var filled = RequireGrams(run, run.Model, run.Runner);
        // 36 tokens by two of six experts: about twelve for each.
        Assert.That(filled, config.Mlp[0].PerToken == config.Mlp[0].Experts(config.Layers[0].Ffn) ? Is.Zero : Is.Positive);
    }

    [Test]
    public void An_expert_that_no_token_passes_is_fitted_to_those_that_would_pass_it_next()
    {
        var config = SyntheticExperts.Mixtral(layers: 1);
        using var whole = SyntheticModels.Random(config, Seed);
        // Its likelihood falls by e⁻²⁰: still a number, and never among the largest two.
        using var model = Shunned(whole, expert: 4);
        using var folder = new TemporaryFolder();
        using var runner = new PlainBlockRunner(config);
        var windows = new TokenWindows(9, [.. Enumerable.Range(0, 36).Select(i => (i * 7) % config.VocabSize)]);
        var grams = new GramFolder(folder["grams"], Calibrator.Source(model, windows));
        Calibrator.Run(model, runner, windows, grams.Path, new CpuDevice(2));
        Assert.That(grams.Experts(0, 6).Routed[4], Is.Zero);
        Assert.That(grams.Expert(0, 4, Width).Tokens, Is.EqualTo(Width));
        var levels = LevelBuilder.Run(model, grams, new LevelOptions(), folder["levels"], new CpuDevice(2));
        var (dense, shape) = (model.ReadLayer(0).Mlp!, Narrow(6, 5));
        var small = LevelSource.Refitting(model, levels, grams, 1 << 24, new CpuDevice(1)).Mlp(0, shape)!;
        RequireRefit(grams.Expert(0, 4, Width), levels.Layers[0].Experts![4], ExpertWeights.Columns(dense.Down, 4, Width)!,
            ExpertWeights.Columns(small.Down, 4, 5)!);
        Assert.That(RarelyPassed.Note(config, grams), Does.Contain("layer 0 expert 4 0"));
    }

    [TestCase(1, 2)]
    [TestCase(1, 5)]
    [TestCase(2, 2)]
    public void A_text_of_few_tokens_gives_levels_all_the_same(int count, int length)
    {
        var config = SyntheticExperts.Qwen(normalized: false);
        using var folder = new TemporaryFolder();
        using var model = SyntheticModels.Random(config, Seed);
        using var runner = new PlainBlockRunner(config);
        var windows = new TokenWindows(length, [.. Enumerable.Range(1, count * length)]);
        var grams = new GramFolder(folder["grams"], Calibrator.Source(model, windows));
        Calibrator.Run(model, runner, windows, grams.Path, new CpuDevice(1));
        var levels = LevelBuilder.Run(model, grams, new LevelOptions(), folder["levels"], new CpuDevice(1));
        for (var expert = 0; expert < 6; expert++)
        {
            Assert.That(grams.Expert(1, expert, Width).Tokens, Is.EqualTo(count * length), "all there are, since they are fewer than channels");
            Assert.That(levels.Layers[1].Experts![expert].Losses, Is.All.GreaterThanOrEqualTo(0).And.All.LessThan(double.PositiveInfinity));
        }

        var source = LevelSource.Refitting(model, levels, grams, 1 << 24, new CpuDevice(1));
        using var small = CompactModel.Build(model, new Plan([Narrow(6, 3), Narrow(2, 1)]), source);
        Assert.That(DecoderForward.Run(small, runner, windows).Values, Is.All.InRange(-1e3f, 1e3f));
    }

    [Test]
    public void Levels_inside_an_expert_are_those_of_solving_again_and_its_refit_is_the_best_one()
    {
        var config = SyntheticExperts.Mixtral();
        using var run = new SyntheticCalibration(Seed, config);
        var levels = run.Levels();
        var source = LevelSource.Refitting(run.Model, levels, run.Grams, 1 << 24, new CpuDevice(1));
        for (var layer = 0; layer < 2; layer++)
        {
            var dense = run.Model.ReadLayer(layer).Mlp!;
            for (var expert = 0; expert < 6; expert++)
            {
                var (gram, down, own) = (run.Grams.Expert(layer, expert, Width), ExpertWeights.Columns(dense.Down, expert, Width)!,
                    levels.Layers[layer].Experts![expert]);
                var plain = new PlainLeastSquares(gram, down, own.Damping.Lambda);
                for (var width = 0; width <= Width; width++)
                {
                    Assert.That(own.Losses[width], Is.EqualTo(plain.Loss(own.Order.Kept(width))).Within(Tolerance * own.Losses[0]),
                        $"{layer}/{expert}/{width}");
                    if (width == 0)
                        continue;
                    var best = own.Order.Kept(width).MinBy(channel => plain.Loss([.. own.Order.Kept(width).Where(other => other != channel)]));
                    Assert.That(own.Order.Removal[Width - width], Is.EqualTo(best), $"{layer}/{expert}: greedy at {width}");
                }
            }

            foreach (var (experts, width) in new[] { (6, 5), (4, 11), (2, 1) })
            {
                var (small, channels) = (source.Mlp(layer, Narrow(experts, width))!, levels.Channels(layer, Narrow(experts, width)));
                var kept = ExpertLevels.Among(channels, dense.Kind).Experts;
                Assert.That((small.Kind, small.Router!.Rows, small.Ffn), Is.EqualTo((dense.Kind with { ExpertWidth = width }, experts, experts * width)));
                Assert.That(kept, Is.EqualTo(ExpertLevels.Among(levels.Channels(layer, experts * Width), dense.Kind).Experts), "the most salient ones");
                for (var place = 0; place < experts; place++)
                {
                    Assert.That(small.Router.Row(place).ToArray(), Is.EqualTo(dense.Router!.Row(kept[place]).ToArray()));
                    var own = levels.Layers[layer].Experts![kept[place]];
                    Assert.That(channels.Skip(place * width).Take(width), Is.EqualTo(own.Order.Kept(width).Select(channel => (kept[place] * Width) + channel)));
                    RequireRefit(run.Grams.Expert(layer, kept[place], Width), own, ExpertWeights.Columns(dense.Down, kept[place], Width)!,
                        ExpertWeights.Columns(small.Down, place, width)!);
                }
            }
        }
    }

    [Test]
    public void The_loss_of_one_narrower_expert_is_the_error_of_the_block_that_it_makes()
    {
        var config = SyntheticExperts.Mixtral(layers: 1);
        using var run = new SyntheticCalibration(Seed, config);
        // Nothing pulls: damping is left out of the comparison by leaving it out of the levels.
        var levels = run.Levels(new LevelOptions(Damping: 0));
        var layer = run.Model.ReadLayer(0);
        var (x, dense) = (run.Runner.Attention(layer.Attention!, layer.AttentionNorm, run.Embedded()).Output, layer.Mlp!);
        var right = run.Runner.Mlp(dense, layer.MlpNorm, x).Output;
        var text = run.Grams.Experts(0, 6);
        var expert = Array.FindIndex(text.Routed, tokens => tokens > Width);
        Assert.That(expert, Is.Not.Negative, $"seed {Seed}");
        var (own, gram) = (levels.Layers[0].Experts![expert], run.Grams.Expert(0, expert, Width));
        foreach (var width in new[] { 3, 8 })
        {
            // The block with the refitted columns of this expert alone.
            var refit = new PlainLeastSquares(gram, ExpertWeights.Columns(dense.Down, expert, Width)!, own.Damping.Lambda).Refit(own.Order.Kept(width));
            var down = new Matrix(dense.Down.Rows, dense.Down.Cols, [.. dense.Down.Values]);
            for (var row = 0; row < down.Rows; row++)
            {
                down.Row(row).Slice(expert * Width, Width).Clear();
                foreach (var (channel, place) in own.Order.Kept(width).Select((channel, place) => (channel, place)))
                    down.Row(row)[(expert * Width) + channel] = (float)refit[row, place];
            }

            var wrong = run.Runner.Mlp(dense with { Down = down }, layer.MlpNorm, x).Output;
            var squared = right.Values.Zip(wrong.Values, (a, b) => Math.Pow((double)a - b, 2)).Sum();
            // Damping that a factorization asked for is of 1e-4 of the diagonal at the most; sums of float32 streams of size three.
            Assert.That(own.Losses[width] * text.Routed[expert], Is.EqualTo(squared).Within(0.01 * squared), $"width {width}");
        }
    }

    [Test]
    public void The_masked_model_says_what_the_compacted_one_says_and_the_whole_plan_changes_nothing()
    {
        var config = SyntheticExperts.Qwen(normalized: true);
        using var run = new SyntheticCalibration(Seed, config);
        var levels = run.Levels();
        var source = LevelSource.Refitting(run.Model, levels, run.Grams, 1 << 24, new CpuDevice(1));
        Assert.That(source.Mlp(1, config.Layers[1])!.Down, Is.SameAs(run.Model.ReadLayer(1).Mlp!.Down));
        using var compact = CompactModel.Build(run.Model, new Plan([Narrow(4, 6), Narrow(6, 9)]), source);
        var (small, masked, all) = (run.Forward(compact), run.Forward(MaskedModel.Build(run.Model, compact, levels)), run.Forward(run.Model));
        // Streams of size three, rounded to float32 after every block.
        Assert.That(small.Values, Is.EqualTo(masked.Values).Within(1e-5));
        Assert.That(small.Values, Is.Not.EqualTo(all.Values).Within(1e-2));
        Assert.That(ModelSize.Of(compact.Config).Total, Is.EqualTo(ModelTensors.Read(compact).Sum(tensor => tensor.Values.LongLength)));
        Assert.That(GivenSets.Of(compact.Config.Layers, levels).Layers[0].Channels, Is.EqualTo(levels.Channels(0, Narrow(4, 6))));
        Assert.That(() => levels.Channels(0, Narrow(4, Width + 1)), Throws.ArgumentException);
        IKeptSets orders = new LayerKeptSets([(null, levels.Layers[0].Mlp!.Order)]);
        Assert.That(() => orders.Channels(0, Narrow(4, 6)), Throws.TypeOf<NotSupportedException>());
        Assert.That(orders.Channels(0, new LayerShape(2, 4, 4 * Width)), Is.EqualTo(levels.Channels(0, 4 * Width)));
    }

    [Test]
    public void Two_texts_and_validation_have_Grams_of_experts_too()
    {
        var config = SyntheticExperts.Mixtral();
        using var run = new SyntheticCalibration(Seed, config);
        var (gram, sum) = (run.Grams.Expert(1, 2, Width), new GramSum(run.Grams, run.Grams).Expert(1, 2, Width));
        Assert.That((sum.Tokens, sum.Values[5]), Is.EqualTo((2 * gram.Tokens, 2 * gram.Values[5])));
        var merged = GramFolder.Merge(config, run.Grams, run.Grams, Directory.CreateDirectory(run.Folder("twice")).FullName);
        Assert.That(merged.Expert(1, 2, Width).Values[5], Is.EqualTo(sum.Values[5]));
        var levels = LevelBuilder.Run(run.Model, run.Grams, run.Grams, new LevelOptions(), run.Folder("validated"), new CpuDevice(1));
        Assert.That(levels.Layers[1].Experts!.Select(expert => expert.Validation!.Count), Is.All.EqualTo(Width + 1));
        Assert.That(LevelDatabase.Open(run.Folder("validated"), run.Model, run.Grams, run.Grams, new LevelOptions()).Layers[1].Experts![2].Losses,
            Is.EqualTo(levels.Layers[1].Experts![2].Losses));
    }

    private static LayerShape Narrow(int experts, int width) => new(2, 4, experts * width) { ExpertWidth = width };

    private static InMemoryModel Shunned(InMemoryModel model, int expert)
    {
        var layer = model.ReadLayer(0);
        var bias = new float[layer.Mlp!.Router!.Rows];
        bias[expert] = -20;
        return new(model.Config, [layer with { Mlp = layer.Mlp with { RouterBias = bias } }], model.ReadEmbedding(), model.ReadFinalNorm(), null);
    }

    /// <summary>The weights of an expert of a level are those of the best fit on its Gram.</summary>
    private static void RequireRefit(GramStatistics gram, ChannelLevels levels, Matrix down, Matrix found)
    {
        var best = new PlainLeastSquares(gram, down, levels.Damping.Lambda).Refit(levels.Order.Kept(found.Cols));
        var scale = best.Cast<double>().Max(Math.Abs);
        for (var row = 0; row < found.Rows; row++)
            for (var col = 0; col < found.Cols; col++)
                // Float32 holds the weights: an epsilon of 6e-8.
                Assert.That(found.Row(row)[col], Is.EqualTo(best[row, col]).Within(1e-6 * scale));
    }

    /// <returns>How many experts got tokens that do not pass them.</returns>
    private static int RequireGrams(SyntheticCalibration run, IDecoderModel model, PlainBlockRunner runner)
    {
        var (x, filled) = (run.Embedded(), 0);
        for (var layer = 0; layer < model.Config.Layers.Count; layer++)
        {
            var weights = model.ReadLayer(layer);
            x = runner.Attention(weights.Attention!, weights.AttentionNorm, x).Output;
            var (experts, units) = PlainExperts(model.Config, weights, ReferenceModel.Wide(x.Values));
            for (var expert = 0; expert < experts.Count; expert++)
            {
                var shares = experts[expert];
                int[] passing = [.. Enumerable.Range(0, shares.Length).Where(row => shares[row].Passes)];
                int[] next = [.. Enumerable.Range(0, shares.Length).Except(passing).OrderByDescending(row => shares[row].Likelihood)
                    .Take(Math.Max(0, Width - passing.Length))];
                var found = run.Grams.Expert(layer, expert, Width);
                Assert.That(found.Tokens, Is.EqualTo(passing.Length + next.Length), $"seed {Seed}, layer {layer}, expert {expert}");
                filled += next.Length > 0 ? 1 : 0;
                double Product(int i, int j) => passing.Concat(next).Sum(row => shares[row].Share * shares[row].Share
                    * units[(row * experts.Count * Width) + (expert * Width) + i] * units[(row * experts.Count * Width) + (expert * Width) + j]);
                var scale = Enumerable.Range(0, Width).Max(i => Product(i, i));
                for (var i = 0; i < Width; i++)
                    for (var j = 0; j < Width; j++)
                        Assert.That(found.Values[(i * Width) + j], Is.EqualTo(Product(i, j)).Within(GramTolerance * scale), $"{layer}/{expert}");
            }

            x = runner.Mlp(weights.Mlp!, weights.MlpNorm, x).Output;
        }

        return filled;
    }

    /// <summary>For every expert what the router says of every token, and what all channels give before it is weighed.</summary>
    private static (List<(bool Passes, double Likelihood, double Share)[]> Experts, double[] Units) PlainExperts(
        ModelConfig config, LayerWeights layer, double[] x)
    {
        var (kind, hidden, mlp) = (config.Mlp[0], config.HiddenSize, layer.Mlp!);
        var n = ReferenceModel.Blocks(config).Norm(x, ReferenceModel.Wide(layer.MlpNorm));
        double[] Of(Matrix weights) => ReferenceBlocks.Linear(n, hidden, ReferenceModel.Wide(weights.Values), null);
        double[] units = [.. Of(mlp.Gate).Zip(Of(mlp.Up), (gate, up) => ReferenceBlocks.Silu(gate) * up)];
        var (logits, experts, rows) = (Of(mlp.Router!), mlp.Router!.Rows, x.Length / hidden);
        var made = Enumerable.Range(0, experts).Select(_ => new (bool, double, double)[rows]).ToList();
        for (var row = 0; row < rows; row++)
        {
            double[] own = [.. logits.Skip(row * experts).Take(experts).Select(Math.Exp)];
            double[] likelihoods = [.. own.Select(value => value / own.Sum())];
            int[] chosen = [.. Enumerable.Range(0, experts).OrderByDescending(expert => own[expert]).Take(kind.PerToken)];
            for (var expert = 0; expert < experts; expert++)
            {
                int[] together = chosen.Contains(expert) ? chosen : [.. chosen[..^1], expert];
                made[expert][row] = (chosen.Contains(expert), likelihoods[expert],
                    likelihoods[expert] / (kind.Normalized ? together.Sum(other => likelihoods[other]) : 1));
            }
        }

        return (made, units);
    }
}
