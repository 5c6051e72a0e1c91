using System.Diagnostics;
using ForgePrune.IO;

namespace ForgePrune.Forward;

/// <summary>Residual streams between two layers, saved to disk at intervals. The results of each layer are kept in files of their own; without the
/// streams a resumed process would have to run all earlier layers again.</summary>
/// <param name="folder">The folder of the layers' files.</param>
/// <param name="source">The hash of everything that the streams depend on.</param>
/// <param name="interval">The time between two saved states: the most work that a killed process loses.</param>
internal sealed class StreamState(string folder, SourceHash source, TimeSpan interval)
{
    private const string Kind = "FPSTRM01";

    /// <summary>A saved state is optional: one that would take more than one part in this many of the free disk space is not written.</summary>
    private const int DiskShare = 8;

    private readonly Stopwatch clock = Stopwatch.StartNew();
    private TimeSpan saved;

    /// <summary>The usual interval: writing takes seconds where layers take minutes.</summary>
    public static TimeSpan Usual { get; } = TimeSpan.FromSeconds(60);

    private string Path => System.IO.Path.Combine(folder, "streams.state");

    /// <summary>Restores the saved streams.</summary>
    /// <param name="layers">The number of layers that may be skipped: those whose files exist.</param>
    /// <returns>The number of layers that the streams have passed; 0 where nothing was restored.</returns>
    public int Resume(int layers, params ResidualStream[] streams)
    {
        if (layers == 0 || !File.Exists(Path))
            return 0;
        var (passed, chunks) = ChecksummedFile.Read(Path, Kind, source, (file, _) =>
            (file.ReadValue<int>(), Array.ConvertAll(streams, stream => Read(file, stream))));
        if (passed > layers)
            return 0;
        foreach (var (stream, values) in streams.Zip(chunks))
            for (var chunk = 0; chunk < values.Length; chunk++)
                stream[chunk] = values[chunk];
        return passed;
    }

    /// <summary>Whether it is time to save.</summary>
    public bool IsDue => clock.Elapsed - saved >= interval;

    /// <param name="passed">The number of layers that the streams have passed; the files of all of them exist.</param>
    public void Save(int passed, params ResidualStream[] streams)
    {
        var bytes = streams.Sum(stream => Enumerable.Range(0, stream.Chunks).Sum(chunk => (long)sizeof(float) * stream[chunk].Values.Length));
        saved = clock.Elapsed;
        if (DiskShare * bytes > FreeDisk.At(folder))
            return;
        ChecksummedFile.Write(Path, Kind, source, sizeof(int) + bytes, file =>
        {
            file.WriteValue(passed);
            foreach (var stream in streams)
                for (var chunk = 0; chunk < stream.Chunks; chunk++)
                    file.WriteArray<float>(stream[chunk].Values);
        });
    }

    /// <summary>Deletes the saved state.</summary>
    public void Forget()
    {
        if (File.Exists(Path))
            File.Delete(Path);
    }

    // Into arrays of their own: streams may still share theirs.
    private static Activations[] Read(Stream file, ResidualStream stream)
    {
        var chunks = new Activations[stream.Chunks];
        for (var chunk = 0; chunk < chunks.Length; chunk++)
        {
            chunks[chunk] = new Activations(stream[chunk].Windows, stream[chunk].Tokens, stream[chunk].Width);
            file.ReadArray<float>(chunks[chunk].Values);
        }

        return chunks;
    }
}
