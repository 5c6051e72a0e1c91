using System.Diagnostics;
using ForgePrune.IO;

namespace ForgePrune.Forward;

/// <summary>Residual streams between two layers, left on the disk now and then. What each layer gave is kept anyway; without this a process that goes on
/// would have to run all layers before once more.</summary>
/// <param name="folder">Where the layers' files are.</param>
/// <param name="source">What the streams are made from.</param>
/// <param name="interval">Between two states: what a kill may cost.</param>
internal sealed class StreamState(string folder, SourceHash source, TimeSpan interval)
{
    private const string Kind = "FPSTRM01";

    /// <summary>A state is a convenience: where it would take more than this part of the free disk, there is none.</summary>
    private const int DiskShare = 8;

    private readonly Stopwatch clock = Stopwatch.StartNew();
    private TimeSpan saved;

    /// <summary>Writing takes seconds where layers take minutes.</summary>
    public static TimeSpan Usual { get; } = TimeSpan.FromSeconds(60);

    private string Path => System.IO.Path.Combine(folder, "streams.state");

    /// <summary>Puts the streams where they were left.</summary>
    /// <param name="layers">How many layers before may be skipped at most: those whose files are there.</param>
    /// <returns>Layers that the streams have passed; 0 where they begin.</returns>
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

    /// <param name="passed">Layers behind the streams, all with their files.</param>
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

    /// <summary>Of no use any more.</summary>
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
