using ForgePrune.Evaluation;
using ForgePrune.IO;
using ForgePrune.Kernels;
using ForgePrune.Serving;
using ForgePrune.Onnx.Forward;
using ForgePrune.Onnx.Graphs;
using ForgePrune.Onnx.Providers;
using ForgePrune.Onnx.Scores;
using Microsoft.ML.OnnxRuntime;

namespace ForgePrune.Onnx.Sessions;

/// <summary>An exported decoder in ONNX Runtime.</summary>
internal sealed class OnnxDecoder : IServedDecoder
{
    private readonly InferenceSession session;
    private readonly ServingProvider provider;
    private readonly int threads;
    private readonly Dictionary<string, LogitScores> scores = [];
    private int graphs;

    private OnnxDecoder(InferenceSession session, DecoderSignature signature, ProviderMemory memory, ServingProvider provider, int threads, bool captures) =>
        (this.session, Signature, Memory, this.provider, this.threads, Captures) = (session, signature, memory, provider, threads, captures);

    /// <summary>What the graph says about itself.</summary>
    public DecoderSignature Signature { get; }

    /// <inheritdoc/>
    public int VocabSize => Signature.VocabSize;

    /// <inheritdoc/>
    public bool LastLogitsOnly => Signature.LastLogitsOnly;

    internal InferenceSession Session => session;

    /// <summary>Where it computes.</summary>
    internal ProviderMemory Memory { get; }

    /// <summary>Whether steps whose logits stay where they are go by <see cref="StaticStep"/>.</summary>
    internal bool Captures { get; }

    /// <summary>A number that no other graph of this session has. Zero is ONNX Runtime's own.</summary>
    internal int NextGraph() => Interlocked.Increment(ref graphs);

    /// <param name="path">An exported folder, a folder with a genai_config.json, or its .onnx file.</param>
    /// <param name="threads">Threads that one call may use, at least 1; more than <see cref="CpuDevice.Limit"/> allows are not used.</param>
    /// <exception cref="Errors.BadInputException">The file is missing, or is no decoder with a KV cache.</exception>
    public static OnnxDecoder Open(string path, int threads) => Open(path, threads, _ => { });

    /// <summary>The same on what may be a GPU.</summary>
    /// <exception cref="Errors.BrokenEnvironmentException">The machine lacks the provider, its driver, its libraries, or memory.</exception>
    public static OnnxDecoder Open(string path, int threads, ServingProvider provider)
    {
        if (provider.CudaIndex is not { } index)
            return Open(path, threads);
        var trace = ScratchFolder.Create("forgeprune-placement-");
        try
        {
            var decoder = Open(path, threads, options =>
            {
                CudaProvider.Append(options, index, graph: provider.CudaGraph);
                NodePlacement.Trace(options, trace);
            }, provider, captures: provider.CudaGraph);
            try
            {
                decoder.RequirePlaced(path, provider);
                return decoder;
            }
            catch
            {
                decoder.Dispose();
                throw;
            }
        }
        finally
        {
            Directory.Delete(trace, recursive: true);
        }
    }

    /// <summary>The same with other settings of the session.</summary>
    /// <param name="memory">Where it computes; null for what the provider has.</param>
    /// <param name="captures">Whether decode steps are made as a captured graph has to have them.</param>
    internal static OnnxDecoder Open(string path, int threads, Action<SessionOptions> change, ServingProvider? provider = null,
        Func<InferenceSession, ProviderMemory>? memory = null, bool captures = false)
    {
        var folder = DecoderFolder.Of(path);
        return Open(folder, threads, options =>
        {
            change(options);
            return new InferenceSession(folder.File, options);
        }, provider ?? ServingProvider.Cpu, memory, captures);
    }

    /// <summary>Runs one token and looks where each node ran. Ends the trace.</summary>
    internal IReadOnlyList<PlacedNode> Placed()
    {
        // A captured step is no longer one of nodes.
        using (var state = new DecoderState(this, batch: 1, capacity: 1, captures: false))
            state.Advance([0]);
        return NodePlacement.Read(session.EndProfiling());
    }

    /// <summary>A quantised export with its codes multiplied exactly, in float32: what its own, faster products are compared with.</summary>
    internal static OnnxDecoder OpenExact(string folder, int threads)
    {
        var place = DecoderFolder.Of(folder);
        return Open(place, threads, options =>
        {
            // A model from memory knows no folder to find its weights in.
            options.AddSessionConfigEntry("session.model_external_initializers_file_folder_path", Path.GetFullPath(folder));
            return new InferenceSession(AccuracyLevel.MakeExact(File.ReadAllBytes(place.File)), options);
        }, ServingProvider.Cpu);
    }

    private void RequirePlaced(string path, ServingProvider provider)
    {
        if (NodePlacement.Strayed(Placed()) is { } strayed)
            throw SessionErrors.Strayed(provider, path, strayed);
    }

    private static OnnxDecoder Open(DecoderFolder folder, int threads, Func<SessionOptions, InferenceSession> load, ServingProvider provider,
        Func<InferenceSession, ProviderMemory>? memory = null, bool captures = false)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(threads, 1);
        if (!File.Exists(folder.File))
            throw SessionErrors.Missing(folder.File);
        BlockThread.Claim();
        using var options = new SessionOptions
        {
            IntraOpNumThreads = CpuDevice.Limit(threads),
            // What goes wrong is thrown, and said once.
            LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL,
        };
        // Waiting threads spin. Two models timed in turn would spin on each other's cores, so they stop when a call ends.
        options.AddSessionConfigEntry("session.force_spinning_stop", "1");
        InferenceSession? session = null;
        try
        {
            session = load(options);
            var signature = DecoderSignature.Of(session, folder);
            if (captures)
                signature.RequireStatic();
            return new OnnxDecoder(session, signature, memory?.Invoke(session) ?? ProviderMemory.Of(session, provider), provider, threads, captures);
        }
        catch (OnnxRuntimeException fault)
        {
            session?.Dispose();
            throw provider == ServingProvider.Cpu ? SessionErrors.CannotLoad(folder.File, fault) : SessionErrors.CannotLoadOn(provider, folder.File, fault);
        }
        catch
        {
            session?.Dispose();
            throw;
        }
    }

    /// <summary>An empty cache for <paramref name="batch"/> sequences of up to <paramref name="capacity"/> tokens.</summary>
    public DecoderState NewState(int batch, int capacity) => new(this, batch, capacity);

    IDecoderState IServedDecoder.NewState(int batch, int capacity) => NewState(batch, capacity);

    /// <summary>Logits (ids.Length × vocab) of one sequence read from its beginning.</summary>
    public float[] Logits(ReadOnlySpan<int> ids)
    {
        using var state = NewState(1, ids.Length);
        return state.Append(ids).ToArray();
    }

    /// <inheritdoc/>
    /// <remarks>Where logits lie on a device, they are judged there.</remarks>
    WindowScore IServedDecoder.Score(ReadOnlySpan<int> ids, IServedDecoder? truth)
    {
        var other = truth as OnnxDecoder;
        if (!Memory.IsDevice || LastLogitsOnly || ids.Length < 2 || (truth is not null && other is not { Memory.IsDevice: true, LastLogitsOnly: false }))
            return WindowScore.Of(ids, Logits(ids), truth?.Logits(ids));
        var types = $"{Signature.LogitsType} {other?.Signature.LogitsType}";
        if (!scores.TryGetValue(types, out var judge))
            scores.Add(types, judge = new(provider, threads, VocabSize, Signature.LogitsType, other?.Signature.LogitsType));
        using var own = Left(ids);
        using var against = other?.Left(ids);
        return judge.Score(ids, own, against);
    }

    /// <summary>Logits of one sequence, where they were computed.</summary>
    private OrtValue Left(ReadOnlySpan<int> ids)
    {
        using var state = NewState(1, ids.Length);
        return state.Leave(ids);
    }

    public void Dispose()
    {
        foreach (var judge in scores.Values)
            judge.Dispose();
        Memory.Dispose();
        session.Dispose();
    }
}
