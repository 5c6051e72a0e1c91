using ForgePrune.Calibration;
using ForgePrune.Forward;
using ForgePrune.Kernels;
using ForgePrune.Kernels.Gpu;
using ForgePrune.Kernels.Gpu.Tests;
using ForgePrune.Model;
using ForgePrune.Onnx.Export;
using ForgePrune.Onnx.Forward;
using ForgePrune.Onnx.Tests.Providers;
using ForgePrune.Refit;
using ForgePrune.Serving;
using ForgePrune.Testing;
using ForgePrune.Tokens;

namespace ForgePrune.Onnx.Tests.Forward;

/// <summary>Grams and moments of an ILGPU device, fed from the memory in which ONNX Runtime left activations: that of the processor's provider, behind the same
/// bindings and walls as a GPU's, and read by its address.</summary>
[NonParallelizable]
public sealed class LentActivationsTests
{
    private const int Seed = 20264;

    private static readonly ModelConfig Config = SyntheticModels.Config(layers: 2, headDim: 16);

    private static readonly TokenWindows Text = new(6, [.. Enumerable.Range(0, 24).Select(i => i * 5 % Config.VocabSize)]);

    private GpuDevice gpu = null!;

    [OneTimeSetUp]
    public void Open() => gpu = GpuDevice.Open("ilgpu-cpu:1");

    [OneTimeTearDown]
    public void Close() => gpu.Dispose();

    [TestCase(OnnxFloat.F32)]
    [TestCase(OnnxFloat.F16)]
    public void Calibration_leaves_the_files_of_the_hosts_way_and_fetches_nothing(OnnxFloat type)
    {
        using var folder = new TemporaryFolder();
        using var model = SyntheticModels.Random(Config, Seed);
        foreach (var (way, place) in new[] { ("host", Place(type)), ("lent", Lending(type)) })
        {
            Directory.CreateDirectory(folder[way]);
            using var device = Device();
            using var runner = new OrtBlockRunner(Config, threads: 1, place: place);
            Calibrator.Run(model, runner, Text, folder[way], device);
            // One chunk, two blocks in each layer.
            Assert.That((runner.Staying.Read, runner.Staying.Fetched), Is.EqualTo(way == "lent" ? (4, 0) : (0, 4)));
        }

        string[] files = [.. Directory.GetFiles(folder["host"]).Select(Path.GetFileName).OfType<string>().Order()];
        Assert.That(files, Has.Length.EqualTo(4));
        foreach (var file in files)
            Assert.That(File.ReadAllBytes(folder[$"lent/{file}"]), Is.EqualTo(File.ReadAllBytes(folder[$"host/{file}"])), file);
    }

    [TestCase(OnnxFloat.F32)]
    [TestCase(OnnxFloat.F16)]
    public void Moments_take_inputs_where_they_lie_and_targets_from_the_host(OnnxFloat type)
    {
        using var model = SyntheticModels.Random(Config, Seed);
        var (layer, x) = (model.ReadLayer(0), DecoderForward.Embed(model, Text));
        using var device = Device();
        using OrtBlockRunner host = new(Config, threads: 1, place: Place(type)), lending = new(Config, threads: 1, place: Lending(type));
        using MomentAccumulator expected = new(x.Width, Config.Layers[0].Ffn, device), actual = new(x.Width, Config.Layers[0].Ffn, device);
        for (var turn = 0; turn < 2; turn++)
        {
            expected.Add(x, host.Mlp(layer.Mlp!, layer.MlpNorm, x, true).Inputs!);
            actual.Add(x, lending.Mlp(layer.Mlp!, layer.MlpNorm, x, true).Inputs!);
        }

        Assert.That((lending.Staying.Read, lending.Staying.Fetched), Is.EqualTo((2, 0)));
        var (a, b) = (expected.Finish(), actual.Finish());
        Assert.That(b.Inputs.Values, Is.EqualTo(a.Inputs.Values));
        Assert.That(b.Inputs.Sums, Is.EqualTo(a.Inputs.Sums));
        Assert.That(b.Inputs.Tokens, Is.EqualTo(a.Inputs.Tokens));
        // The problem has YᵀX in it.
        int[] all = [.. Enumerable.Range(0, Config.Layers[0].Ffn)];
        Assert.That(Solved(b), Is.EqualTo(Solved(a)));

        float[] Solved(TargetMoments moments) =>
            moments.Problem(layer.Mlp!.Down, null, 0.1, affine: false).Solve(all, new CpuDevice(1)).Weights.Values;
    }

    [Test]
    public void What_has_come_to_the_host_is_taken_from_there()
    {
        using var model = SyntheticModels.Random(Config, Seed);
        var (layer, x) = (model.ReadLayer(0), DecoderForward.Embed(model, Text));
        using var device = Device();
        using var runner = new OrtBlockRunner(Config, threads: 1, place: Lending(OnnxFloat.F16));
        GramStatistics[] ways = [.. new Action<Activations>[] { _ => { }, _ => runner.Rest(), inputs => Assert.That(inputs.Values, Is.Not.Empty) }.Select(before =>
        {
            var inputs = runner.Mlp(layer.Mlp!, layer.MlpNorm, x, true).Inputs!;
            before(inputs);
            using var gram = new GramAccumulator(inputs.Width, device);
            gram.Add(inputs);
            return gram.Finish();
        })];
        Assert.That(runner.Staying.Read, Is.EqualTo(1), "the first");
        foreach (var way in ways[1..])
        {
            Assert.That(way.Values, Is.EqualTo(ways[0].Values));
            Assert.That(way.Sums, Is.EqualTo(ways[0].Sums));
        }
    }

    // Weights of tokens are made on the host, which writes them into what it fetched.
    [Test]
    public void Weighed_inputs_go_by_the_host()
    {
        using var model = SyntheticModels.Random(Config, Seed);
        var (layer, x) = (model.ReadLayer(0), DecoderForward.Embed(model, Text));
        using var device = Device();
        using var runner = new OrtBlockRunner(Config, threads: 1, place: Lending(OnnxFloat.F32));
        var inputs = runner.Mlp(layer.Mlp!, layer.MlpNorm, x, true).Inputs!;
        using GramAccumulator gram = new(inputs.Width, device), plain = new(inputs.Width, device);
        gram.Add(inputs, [.. Enumerable.Repeat(1f, inputs.Rows)]);
        Assert.That((runner.Staying.Read, runner.Staying.Fetched), Is.EqualTo((0, 1)));
        plain.Add(runner.Mlp(layer.Mlp!, layer.MlpNorm, x, true).Inputs!);
        Assert.That(gram.Finish().Values, Is.EqualTo(plain.Finish().Values));
    }

    [Test]
    public void A_device_that_does_not_read_the_memory_gets_the_hosts_values()
    {
        using var model = SyntheticModels.Random(Config, Seed);
        var (layer, x) = (model.ReadLayer(0), DecoderForward.Embed(model, Text));
        using var runner = new OrtBlockRunner(Config, threads: 1, place: Lending(OnnxFloat.F32));
        using var gram = new GramAccumulator(Config.Layers[0].Ffn, new CpuDevice(1));
        gram.Add(runner.Mlp(layer.Mlp!, layer.MlpNorm, x, true).Inputs!);
        Assert.That((runner.Staying.Read, runner.Staying.Fetched), Is.EqualTo((0, 1)));
    }

    [Test]
    public void Gpus_lend_by_their_number_and_the_processor_does_not()
    {
        Assert.That(new BlockPlace(ServingProvider.Cuda(1), OnnxFloat.F16).Lends, Is.EqualTo(LentMemory.Cuda(1)));
        Assert.That(Place(OnnxFloat.F16).Lends, Is.Null);
        Assert.That(((IServingRuntime)OnnxServing.Cpu).Lends, Is.Null);
    }

    private GpuPruning Device() => new(gpu, threads: 1, memoryBytes: null, GramPrecision.F32, blas: null, HostCopies.Open);

    private static BlockPlace Place(OnnxFloat type) =>
        new(ServingProvider.Cpu, type) { Stays = true, Memory = BoundDecoderTests.AsDevice, Room = () => long.MaxValue };

    private static BlockPlace Lending(OnnxFloat type) => Place(type) with { Lends = HostCopies.Memory };
}
