using ForgePrune.Calibration;
using ForgePrune.Forward;
using ForgePrune.Model;
using ForgePrune.Testing;
using ForgePrune.Tests.Calibration;

namespace ForgePrune.Tests.Levels;

/// <summary>The loss of projections with a norm behind them.</summary>
public sealed class OutputNormTests
{
    private const int Seed = 23;
    private const double Epsilon = 1e-6;

    [Test]
    public void An_error_moves_the_stream_by_what_the_first_order_says()
    {
        const int rows = 7;
        var random = new Random(Seed);
        double[] Draw() => [.. Enumerable.Range(0, rows).Select(_ => random.NextDouble() - 0.5)];
        double[] y = Draw(), error = Draw(), weight = Draw();
        const double step = 1e-5;
        double[] above = Normed([.. y.Zip(error, (a, b) => a + (step * b))], weight), below = Normed([.. y.Zip(error, (a, b) => a - (step * b))], weight);
        var scale = 1 / Math.Sqrt((y.Sum(value => value * value) / rows) + Epsilon);
        double[] normed = [.. y.Select(value => value * scale)];
        var along = normed.Zip(error, (a, b) => a * b).Sum() / rows;
        for (var i = 0; i < rows; i++)
        {
            // ε takes 1e-6 / mean square from the part along the output.
            Assert.That(weight[i] * scale * (error[i] - (along * normed[i])), Is.EqualTo((above[i] - below[i]) / (2 * step)).Within(1e-4));
        }
    }

    [Test]
    public void Calibration_weighs_tokens_by_what_the_norm_behind_multiplies_them_with()
    {
        using var run = new SyntheticCalibration(Seed, PostNormed());
        var x = run.Embedded();
        var layer = run.Model.ReadLayer(0);
        var attention = run.Runner.Attention(layer.Attention!, layer.AttentionNorm, x, captureInputs: true);
        var mlp = run.Runner.Mlp(layer.Mlp!, layer.MlpNorm, attention.Output, captureInputs: true);
        RequireWeighed(run.Grams.Attention(0, 32), attention.Inputs!, layer.Attention!.Output);
        RequireWeighed(run.Grams.Mlp(0, 24), mlp.Inputs!, layer.Mlp!.Down);

        void RequireWeighed(GramStatistics gram, Activations inputs, Matrix output)
        {
            var weights = Weights(inputs, output, run.Model.Config.RmsNormEps);
            var cols = inputs.Width;
            Assert.That(gram.Tokens, Is.EqualTo(inputs.Rows));
            for (var i = 0; i < cols; i++)
            {
                double Sum(Func<int, double> of) => Enumerable.Range(0, inputs.Rows).Sum(row => weights[row] * of(row));
                double At(int row, int col) => inputs.Values[(row * cols) + col];
                Assert.That(gram.Sums[i], Is.EqualTo(Sum(row => At(row, i))).Within(1e-4));
                for (var j = 0; j < cols; j++)
                    // Float32 rows, and a file of float32.
                    Assert.That(gram.Values[(i * cols) + j], Is.EqualTo(Sum(row => At(row, i) * At(row, j))).Within(1e-4));
            }
        }
    }

    [Test]
    public void Every_loss_is_that_of_the_best_weights_under_weighed_tokens_and_rows()
    {
        using var run = new SyntheticCalibration(Seed, PostNormed());
        var levels = run.Levels().Layers[1].Mlp!;
        var mlp = run.Model.ReadLayer(1).Mlp!;
        var rows = new Matrix(mlp.Down.Rows, mlp.Down.Cols,
            [.. mlp.Down.Values.Select((value, i) => value * mlp.PostNorm![i / mlp.Down.Cols])]);
        var plain = new PlainLeastSquares(run.Grams.Mlp(1, 24), rows, levels.Damping.Lambda);
        for (var width = 0; width <= 24; width++)
            Assert.That(levels.Losses[width], Is.EqualTo(plain.Loss(levels.Order.Kept(width))).Within(1e-6 * levels.Losses[0]), $"width {width}");
        for (var width = 24; width >= 1; width--)
        {
            var kept = levels.Order.Kept(width);
            var best = kept.MinBy(channel => plain.Loss([.. kept.Where(other => other != channel)]));
            Assert.That(levels.Order.Removal[24 - width], Is.EqualTo(best), $"width {width}");
        }
    }

    [Test]
    public void Rows_of_a_projection_without_a_norm_behind_stay_as_they_are()
    {
        var weights = new Matrix(2, 2, [1, 2, 3, 4]);
        Assert.That(OutputNorm.Rows(weights, null), Is.SameAs(weights));
        Assert.That(OutputNorm.Rows(weights, [2, -1]).Values, Is.EqualTo(new float[] { 2, 4, -3, -4 }));
        Assert.That(OutputNorm.Scales(new Activations(0, 3, 2), weights, null, Epsilon, threads: 1), Is.Empty);
    }

    /// <summary>A Gemma 2 whose norms behind blocks are far from even.</summary>
    internal static ModelConfig PostNormed() => SyntheticFamilies.Of(SyntheticModels.Config(ffn: 24))["gemma2"] with { LogitCap = null };

    /// <summary>1/(mean y² + ε) of each token, one in the mean.</summary>
    private static double[] Weights(Activations inputs, Matrix output, double epsilon)
    {
        var weights = new double[inputs.Rows];
        for (var row = 0; row < inputs.Rows; row++)
        {
            var squares = Enumerable.Range(0, output.Rows).Sum(i =>
                Math.Pow(Enumerable.Range(0, inputs.Width).Sum(col => (double)output.Row(i)[col] * inputs.Values[(row * inputs.Width) + col]), 2));
            weights[row] = 1 / ((squares / output.Rows) + epsilon);
        }

        var mean = weights.Average();
        return [.. weights.Select(weight => weight / mean)];
    }

    private static double[] Normed(double[] y, double[] weight)
    {
        var scale = 1 / Math.Sqrt((y.Sum(value => value * value) / y.Length) + Epsilon);
        return [.. y.Select((value, i) => value * scale * weight[i])];
    }
}
