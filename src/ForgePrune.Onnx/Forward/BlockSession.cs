using ForgePrune.Onnx.Providers;
using Microsoft.ML.OnnxRuntime;

namespace ForgePrune.Onnx.Forward;

/// <summary>The session of one block graph. Where nothing may run on the processor, its first call is traced and looked at.</summary>
internal sealed class BlockSession(InferenceSession session, BlockPlace place) : IDisposable
{
    private bool isLookedAt = !place.RefusesProcessor;

    public InferenceSession Session => session;

    /// <summary>How many hold it now.</summary>
    public int Holders { get; set; }

    /// <summary>Runs with everything bound, and waits for it.</summary>
    /// <param name="block">What is run, as an error calls it.</param>
    /// <exception cref="Errors.BadInputException">A node ran on the processor where none may.</exception>
    public void Run(RunOptions options, OrtIoBinding binding, string block)
    {
        try
        {
            if (place.Stays)
                binding.SynchronizeBoundInputs();
            BlockThread.Invoke(() =>
            {
                session.RunWithBinding(options, binding);
                return true;
            });
            if (place.Stays)
                binding.SynchronizeBoundOutputs();
        }
        catch (OnnxRuntimeException fault) when (place.Provider.CudaIndex is not null)
        {
            throw BlockErrors.CannotRun(block, place, fault);
        }

        if (isLookedAt)
            return;
        isLookedAt = true;
        if (NodePlacement.Strayed(NodePlacement.Read(session.EndProfiling())) is { } strayed)
            throw BlockErrors.Strayed(block, place, strayed.Name.Length > 0 ? $"{strayed.Name} ({strayed.Operator})" : strayed.Operator);
    }

    public void Dispose() => session.Dispose();
}
