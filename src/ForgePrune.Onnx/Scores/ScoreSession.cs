using ForgePrune.Errors;
using ForgePrune.IO;
using ForgePrune.Kernels;
using ForgePrune.Onnx.Forward;
using ForgePrune.Onnx.Graphs;
using ForgePrune.Onnx.Providers;
using ForgePrune.Onnx.Sessions;
using ForgePrune.Serving;
using Microsoft.ML.OnnxRuntime;

namespace ForgePrune.Onnx.Scores;

/// <summary>A graph of scores in ONNX Runtime, called as decoders are: what it reads is bound, and copied to where it computes when it is; both sides are
/// waited for.</summary>
internal sealed class ScoreSession : IDisposable
{
    private readonly InferenceSession session;
    private readonly ServingProvider provider;
    private readonly RunOptions run = new();
    private OrtIoBinding binding;
    private TensorSet? held;
    private string? trace;

    private ScoreSession(InferenceSession session, ServingProvider provider, string? trace) =>
        (this.session, this.provider, this.trace, binding) = (session, provider, trace, session.CreateIoBinding());

    /// <exception cref="BrokenEnvironmentException">The machine lacks what the provider needs.</exception>
    public static ScoreSession Open(OnnxGraph graph, ServingProvider provider, int threads)
    {
        BlockThread.Claim();
        using var options = new SessionOptions
        {
            IntraOpNumThreads = CpuDevice.Limit(threads),
            LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL,
        };
        options.AddSessionConfigEntry("session.force_spinning_stop", "1");
        if (provider.CudaIndex is not { } index)
            return new(new InferenceSession(graph.ToBytes(), options), provider, trace: null);
        var trace = ScratchFolder.Create("forgeprune-placement-");
        try
        {
            CudaProvider.Append(options, index, exact: true);
            NodePlacement.Trace(options, trace);
            return new(new InferenceSession(graph.ToBytes(), options), provider, trace);
        }
        catch (Exception fault)
        {
            Directory.Delete(trace, recursive: true);
            if (fault is OnnxRuntimeException refusal)
                throw SessionErrors.CannotScore(provider, refusal);
            throw;
        }
    }

    /// <summary>Binds what stays from call to call; the set is this session's from now on.</summary>
    public void Hold(TensorSet inputs)
    {
        Release();
        held = inputs;
        inputs.BindTo(binding);
    }

    /// <summary>Binds a tensor besides that is somebody else's, for as long as what is held.</summary>
    public void Lend(string name, OrtValue value) => binding.BindInput(name, value);

    /// <summary>Gives up what was to stay.</summary>
    public void Release()
    {
        // With a binding goes what it copied to a device.
        binding.Dispose();
        binding = session.CreateIoBinding();
        held?.Dispose();
        held = null;
    }

    public void Run(TensorSet inputs, TensorSet outputs)
    {
        try
        {
            inputs.BindTo(binding);
            outputs.BindOutputsTo(binding);
            binding.SynchronizeBoundInputs();
            session.RunWithBinding(run, binding);
            binding.SynchronizeBoundOutputs();
        }
        catch (OnnxRuntimeException fault)
        {
            throw SessionErrors.CannotScore(provider, fault);
        }

        RequirePlaced();
    }

    public void Dispose()
    {
        binding.Dispose();
        held?.Dispose();
        run.Dispose();
        session.Dispose();
        Forget();
    }

    /// <summary>Looks once, after the first call, whether all ran where it should.</summary>
    private void RequirePlaced()
    {
        if (trace is null)
            return;
        var strayed = NodePlacement.OnProcessor(NodePlacement.Read(session.EndProfiling()));
        Forget();
        if (strayed is not null)
            throw SessionErrors.ScoreStrayed(provider, strayed);
    }

    private void Forget()
    {
        if (trace is not null)
            Directory.Delete(trace, recursive: true);
        trace = null;
    }
}
