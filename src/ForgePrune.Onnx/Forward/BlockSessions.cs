using ForgePrune.IO;
using ForgePrune.Onnx.Graphs;
using ForgePrune.Onnx.Providers;
using Microsoft.ML.OnnxRuntime;

namespace ForgePrune.Onnx.Forward;

/// <summary>The sessions of block graphs, by what makes one graph differ from another.</summary>
/// <remarks>On a GPU every session has an arena of its own, and attention has a graph for each number of heads: where there are more than
/// <see cref="MostOnDevice"/>, the one that was used the longest ago is closed.</remarks>
internal sealed class BlockSessions : IDisposable
{
    private const int MostOnDevice = 12;

    private readonly SessionOptions settings;
    private readonly BlockPlace place;
    private readonly string? trace;

    // In the order in which they were used last.
    private readonly List<(object Key, BlockSession Session)> sessions = [];

    /// <param name="settings">Belongs to them from here on.</param>
    /// <exception cref="Errors.BrokenEnvironmentException">The machine lacks what the provider needs.</exception>
    public BlockSessions(SessionOptions settings, BlockPlace place)
    {
        (this.settings, this.place) = (settings, place);
        if (place.Provider.CudaIndex is { } index)
            CudaProvider.Append(settings, index);
        if (place.RefusesProcessor)
            NodePlacement.Trace(settings, trace = ScratchFolder.Create("forgeprune-blocks-"));
    }

    public BlockSession Of(object key, Func<OnnxGraph> graph)
    {
        var index = sessions.FindIndex(one => one.Key.Equals(key));
        var found = index >= 0 ? sessions[index] : (key, Open(graph()));
        if (index >= 0)
            sessions.RemoveAt(index);
        sessions.Add(found);
        if (place.Stays && sessions.Count > MostOnDevice && sessions.FindIndex(one => one.Session.Holders == 0 && !one.Key.Equals(key)) is var oldest and >= 0)
        {
            sessions[oldest].Session.Dispose();
            sessions.RemoveAt(oldest);
        }

        return found.Item2;
    }

    public BlockSession Open(OnnxGraph graph)
    {
        try
        {
            return new(BlockThread.Invoke(() => new InferenceSession(graph.ToBytes(), settings)), place);
        }
        catch (OnnxRuntimeException fault) when (place.Provider.CudaIndex is not null)
        {
            throw BlockErrors.CannotRun("a block", place, fault);
        }
    }

    /// <summary>Closes them with the memory that they keep; the next call opens them again.</summary>
    public void Close()
    {
        foreach (var (_, session) in sessions)
            session.Dispose();
        sessions.Clear();
    }

    public void Dispose()
    {
        Close();
        settings.Dispose();
        if (trace is not null)
            Directory.Delete(trace, recursive: true);
    }
}
