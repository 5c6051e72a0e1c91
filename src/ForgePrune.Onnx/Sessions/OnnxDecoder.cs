using ForgePrune.Kernels;
using ForgePrune.Serving;
using ForgePrune.Onnx.Forward;
using ForgePrune.Onnx.Graphs;
using Microsoft.ML.OnnxRuntime;

namespace ForgePrune.Onnx.Sessions;

/// <summary>An exported decoder in ONNX Runtime on the CPU.</summary>
internal sealed class OnnxDecoder : IServedDecoder
{
    private readonly InferenceSession session;

    private OnnxDecoder(InferenceSession session, DecoderSignature signature) => (this.session, Signature) = (session, signature);

    /// <summary>What the graph says about itself.</summary>
    public DecoderSignature Signature { get; }

    /// <inheritdoc/>
    public int VocabSize => Signature.VocabSize;

    /// <inheritdoc/>
    public bool LastLogitsOnly => Signature.LastLogitsOnly;

    internal InferenceSession Session => session;

    /// <param name="path">An exported folder, a folder with a genai_config.json, or its .onnx file.</param>
    /// <param name="threads">Threads that one call may use, at least 1; more than <see cref="CpuDevice.Limit"/> allows are not used.</param>
    /// <exception cref="Errors.BadInputException">The file is missing, or is no decoder with a KV cache.</exception>
    public static OnnxDecoder Open(string path, int threads) => Open(path, threads, _ => { });

    /// <summary>The same with other settings of the session.</summary>
    internal static OnnxDecoder Open(string path, int threads, Action<SessionOptions> change)
    {
        var folder = DecoderFolder.Of(path);
        return Open(folder, threads, options =>
        {
            change(options);
            return new InferenceSession(folder.File, options);
        });
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
        });
    }

    private static OnnxDecoder Open(DecoderFolder folder, int threads, Func<SessionOptions, InferenceSession> load)
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
            return new OnnxDecoder(session, DecoderSignature.Of(session, folder));
        }
        catch (OnnxRuntimeException fault)
        {
            session?.Dispose();
            throw SessionErrors.CannotLoad(folder.File, fault);
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

    public void Dispose() => session.Dispose();
}
