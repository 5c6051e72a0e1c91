using Microsoft.ML.OnnxRuntime;

namespace ForgePrune.GpuPerf;

/// <summary>An exported decoder on one execution provider, its cache and logits in the memory of that.</summary>
internal sealed class ExportTimer : IDisposable
{
    private const string Past = "past_key_values.", Present = "present.";

    private readonly InferenceSession session;
    private readonly OrtIoBinding binding;
    private readonly RunOptions run = new();
    private readonly OrtAllocator allocator;
    private readonly List<OrtValue> caches = [];
    private readonly long[] prompt, mask;
    private readonly bool onCuda;

    /// <param name="folder">As forgeprune writes it.</param>
    /// <param name="provider">Name of ONNX Runtime's CPU or CUDA provider.</param>
    /// <param name="tokens">Of the prompt.</param>
    public ExportTimer(string folder, string provider, int tokens)
    {
        onCuda = provider.StartsWith("CUDA", StringComparison.Ordinal);
        using var options = new SessionOptions();
        if (onCuda)
            options.AppendExecutionProvider_CUDA(0);
        session = new InferenceSession(Directory.Exists(folder) ? Path.Combine(folder, "model.onnx") : folder, options);
        binding = session.CreateIoBinding();
        allocator = onCuda ? new OrtAllocator(session, new OrtMemoryInfo("Cuda\0"u8.ToArray(), OrtAllocatorType.DeviceAllocator, 0, OrtMemType.Default))
            : OrtAllocator.DefaultInstance;
        // Which ids makes no difference to the time.
        prompt = [.. Enumerable.Range(0, tokens).Select(i => i * 7919L % session.OutputMetadata["logits"].Dimensions[2])];
        mask = [.. Enumerable.Repeat(1L, tokens + 1)];
        foreach (var (name, input) in session.InputMetadata.Where(input => input.Key.StartsWith(Past, StringComparison.Ordinal)))
        {
            // Past and present share one buffer: a step appends in place.
            var cache = OrtValue.CreateAllocatedTensorValue(allocator, input.ElementDataType, [1, input.Dimensions[1], tokens + 1, input.Dimensions[3]]);
            caches.Add(cache);
            binding.BindInput(name, cache);
            binding.BindOutput(Present + name[Past.Length..], cache);
        }
    }

    /// <summary>Reads the prompt.</summary>
    public void Prefill() => Read(prompt, prompt.Length);

    /// <summary>Reads one token behind it.</summary>
    public void Decode() => Read(prompt.AsSpan(0, 1).ToArray(), prompt.Length + 1);

    public void Dispose()
    {
        binding.Dispose();
        run.Dispose();
        caches.ForEach(cache => cache.Dispose());
        if (onCuda)
            allocator.Dispose();
        session.Dispose();
    }

    private void Read(long[] ids, int length)
    {
        using var idValue = OrtValue.CreateTensorValueFromMemory(ids, [1, ids.Length]);
        using var maskValue = OrtValue.CreateTensorValueFromMemory(OrtMemoryInfo.DefaultInstance, mask.AsMemory(0, length), [1, length]);
        binding.BindInput("input_ids", idValue);
        binding.BindInput("attention_mask", maskValue);
        binding.BindOutputToDevice("logits", allocator.Info);
        session.RunWithBinding(run, binding);
        binding.SynchronizeBoundOutputs();
    }
}
