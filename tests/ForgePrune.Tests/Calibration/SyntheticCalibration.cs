using ForgePrune.Calibration;
using ForgePrune.Forward;
using ForgePrune.Kernels;
using ForgePrune.Levels;
using ForgePrune.Model;
using ForgePrune.Testing;
using ForgePrune.Tokens;

namespace ForgePrune.Tests.Calibration;

/// <summary>A small made model with its Grams on made tokens, in a folder that goes with it.</summary>
internal sealed class SyntheticCalibration : IDisposable
{
    private readonly TemporaryFolder folder = new();

    /// <param name="config">Without one: two layers of 2 KV groups and 4 query heads of width 8, 24 channels.</param>
    public SyntheticCalibration(int seed, ModelConfig? config = null)
    {
        Model = SyntheticModels.Random(config ?? SyntheticModels.Config(ffn: 24), seed);
        Runner = new PlainBlockRunner(Model.Config);
        var random = new Random(seed);
        Windows = new TokenWindows(12, Enumerable.Range(0, 36).Select(_ => random.Next(Model.Config.VocabSize)).ToArray());
        Grams = new GramFolder(folder["grams"], Calibrator.Source(Model, Windows));
        Calibrate();
    }

    public InMemoryModel Model { get; }

    public PlainBlockRunner Runner { get; }

    public TokenWindows Windows { get; }

    public GramFolder Grams { get; }

    public void Calibrate() => Calibrator.Run(Model, Runner, Windows, Grams.Path, device: new CpuDevice(2));

    public LevelDatabase Levels(LevelOptions? options = null) =>
        LevelBuilder.Run(Model, Grams, options ?? new LevelOptions(), folder[$"levels {options}"], device: new CpuDevice(2));

    /// <summary>A fresh folder beside the Grams.</summary>
    public string Folder(string name) => folder[name];

    public Activations Embedded() => DecoderForward.Embed(Model, Windows);

    /// <summary>The residual stream of any model of this geometry after its last layer.</summary>
    public Activations Forward(IDecoderModel model) => DecoderForward.Run(model, Runner, Windows);

    public void Dispose() => folder.Dispose();
}
