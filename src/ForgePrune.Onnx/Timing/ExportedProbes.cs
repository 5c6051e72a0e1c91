using ForgePrune.IO;
using ForgePrune.Model;
using ForgePrune.Onnx.Export;
using ForgePrune.Onnx.Sessions;
using ForgePrune.Serving;

namespace ForgePrune.Onnx.Timing;

/// <summary>The exports of several probes, until they are timed.</summary>
internal sealed class ExportedProbes : IDisposable
{
    private readonly string folder = ScratchFolder.Create("forgeprune-latency-");
    private readonly int count;
    private readonly ServedAs served;

    /// <param name="config">The dense model.</param>
    /// <exception cref="Errors.BadInputException">A CUDA graph cannot hold its steps.</exception>
    public ExportedProbes(ModelConfig config, LatencyProbe[] probes, ServedAs served)
    {
        (count, this.served) = (probes.Length, served);
        try
        {
            if (served.Provider.CudaGraph)
                ExportErrors.ThrowIfNotStatic(config);
            for (var i = 0; i < count; i++)
                Write(config, probes[i], Directory.CreateDirectory(Place(i)).FullName);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>What opens each of them.</summary>
    public IReadOnlyList<Func<IServedDecoder>> Openers(int threads) =>
        [.. Enumerable.Range(0, count).Select(i => (Func<IServedDecoder>)(() => OnnxDecoder.Open(Place(i), threads, served.Provider)))];

    public void Dispose() => Directory.Delete(folder, recursive: true);

    private string Place(int probe) => Path.Combine(folder, $"{probe}");

    private void Write(ModelConfig config, LatencyProbe probe, string place)
    {
        using var model = SyntheticDecoder.Of(probe.Config(config));
        OnnxExporter.WriteModel(model, place, new OnnxExportOptions
        {
            Float = served.Type,
            Logits = probe.WholeHead ? OnnxLogits.All : OnnxLogits.Last,
            Static = served.Provider.CudaGraph,
        });
    }
}
