using ForgePrune.Errors;
using ForgePrune.Generation;
using ForgePrune.Onnx.Export;
using ForgePrune.Onnx.Sessions;
using ForgePrune.Onnx.Tests.Export;
using ForgePrune.Quantization;
using ForgePrune.Serving;
using ForgePrune.Testing;

namespace ForgePrune.Onnx.Tests.Generation;

public sealed class GenerationTests
{
    [Test]
    public void Samples_fall_as_the_probabilities_say()
    {
        var sampler = new TokenSampler(temperature: 2, topP: 1, seed: 11);
        double[] expected = [0.5, 0.25, 0.125, 0.125];
        float[] logits = [.. expected.Select(p => (float)(2 * Math.Log(p)))];
        var counts = new int[4];
        for (var i = 0; i < 20000; i++)
            counts[sampler.Draw(logits)]++;
        // Five standard deviations of a share of 1/2 among 20,000 draws: 0.018.
        for (var i = 0; i < 4; i++)
            Assert.That(counts[i] / 20000.0, Is.EqualTo(expected[i]).Within(0.018));
    }

    [Test]
    public void Top_p_never_draws_outside_the_nucleus()
    {
        var sampler = new TokenSampler(temperature: 1, topP: 0.7, seed: 12);
        float[] logits = [MathF.Log(0.1f), MathF.Log(0.5f), MathF.Log(0.25f), MathF.Log(0.15f)];
        var drawn = Enumerable.Range(0, 2000).Select(_ => sampler.Draw(logits)).Distinct().Order();
        Assert.That(drawn, Is.EqualTo(new[] { 1, 2 }));
    }

    [Test]
    public void Temperature_0_takes_the_lowest_of_equal_ids() => Assert.That(TokenSampler.Greedy().Draw([1, 3, 3, 2]), Is.EqualTo(1));

    [Test]
    public void A_long_vocabulary_is_drawn_to_its_last_token()
    {
        var logits = new float[1000];
        Array.Fill(logits, float.NegativeInfinity);
        logits[999] = 0;
        Assert.That(new TokenSampler(1, 1, 13).Draw(logits), Is.EqualTo(999));
    }

    [Test]
    public void Text_ends_with_an_end_token()
    {
        using var decoder = Open(out var folder);
        using (folder)
        {
            var free = decoder.Continue([1], 20, TokenSampler.Greedy()).ToArray();
            var ended = decoder.Continue([1], 20, TokenSampler.Greedy(), ends: [free[0]]).ToArray();
            Assert.That(free, Has.Length.EqualTo(20));
            Assert.That(ended, Is.EqualTo(free[..1]));
        }
    }

    [Test]
    public void Self_calibration_is_the_same_for_the_same_seed_and_begins_with_bos()
    {
        using var decoder = Open(out var folder);
        using (folder)
        {
            var config = ExportCases.Plain;
            var first = SelfCalibration.Sample(decoder, config, windows: 40, length: 12, seed: 5);
            var again = SelfCalibration.Sample(decoder, config, windows: 40, length: 12, seed: 5);
            var other = SelfCalibration.Sample(decoder, config, windows: 40, length: 12, seed: 6);
            Assert.That((first.Count, first.Length), Is.EqualTo((40, 12)));
            Assert.That(Ids(first), Is.EqualTo(Ids(again)).And.Not.EqualTo(Ids(other)));
            for (var window = 0; window < first.Count; window++)
            {
                var row = first.Window(window).ToArray();
                Assert.That(row[0], Is.EqualTo(config.BosTokenId));
                for (var i = 0; i + 1 < row.Length; i++)
                    Assert.That(row[i] != config.EosTokenIds[0] || row[i + 1] == config.BosTokenId, "after an end a new document begins");
            }
        }
    }

    [Test]
    public void Continuations_begin_as_the_given_windows_do_and_go_their_own_ways()
    {
        using var decoder = Open(out var folder);
        using (folder)
        {
            var given = SelfCalibration.Sample(decoder, ExportCases.Plain, windows: 3, length: 12, seed: 5);
            var continued = SelfCalibration.Continue(decoder, ExportCases.Plain, given, kept: 4, windows: 7, seed: 8);
            var again = SelfCalibration.Continue(decoder, ExportCases.Plain, given, kept: 4, windows: 7, seed: 8);
            Assert.That((continued.Count, continued.Length), Is.EqualTo((7, 12)));
            Assert.That(Ids(continued), Is.EqualTo(Ids(again)));
            for (var window = 0; window < continued.Count; window++)
                Assert.That(continued.Window(window)[..4].ToArray(), Is.EqualTo(given.Window(window % 3)[..4].ToArray()));
            Assert.That(continued.Window(0)[4..].ToArray(), Is.Not.EqualTo(continued.Window(3)[4..].ToArray()), "the same opening, drawn twice");
            Assert.That(Ids(SelfCalibration.Continue(decoder, ExportCases.Plain, given, kept: 12, windows: 3, seed: 8)), Is.EqualTo(Ids(given)));
        }
    }

    [Test]
    public void A_model_without_begin_and_end_cannot_write_its_own_text()
    {
        using var decoder = Open(out var folder);
        using (folder)
        {
            Assert.That(() => SelfCalibration.Sample(decoder, ExportCases.Plain with { BosTokenId = null, EosTokenIds = [] }, 1, 4, 1),
                Throws.TypeOf<BadInputException>().With.Message.Contains("`Calibration`"));
        }
    }

    private static int[] Ids(Tokens.TokenWindows windows) =>
        [.. Enumerable.Range(0, windows.Count).SelectMany(window => windows.Window(window).ToArray())];

    private static OnnxDecoder Open(out TemporaryFolder folder)
    {
        folder = new TemporaryFolder();
        // A head of its own: with a tied one a model of random weights repeats its last token for ever.
        using var model = SyntheticModels.Random(ExportCases.Plain with { TiedEmbeddings = false }, seed: 21);
        OnnxExporter.Write(model, folder["onnx"], tokenizer: null);
        return OnnxDecoder.Open(folder["onnx"], threads: 1);
    }
}
