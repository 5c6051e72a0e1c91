using ForgePrune.Onnx.Export;
using ForgePrune.Serving;
using Microsoft.ML.OnnxRuntime.Tensors;
using Microsoft.ML.OnnxRuntime;

namespace ForgePrune.Onnx.Sessions;

/// <summary>The KV cache of a batch of equally long sequences. Past and present share one buffer per layer: a step appends in place and
/// copies nothing, which is also how ONNX Runtime GenAI runs these models.</summary>
internal sealed class DecoderState : IDecoderState
{
    private readonly OnnxDecoder decoder;
    private readonly OrtIoBinding binding;
    private readonly RunOptions runOptions = new();
    private readonly List<OrtValue> caches = [];
    private readonly long[] mask;
    private long[] ids = [];
    private float[] logits = [];
    private OrtValue? idValue, logitValue;
    private int boundTokens;

    internal DecoderState(OnnxDecoder decoder, int batch, int capacity)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(batch, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(capacity, 1);
        (this.decoder, Batch, Capacity) = (decoder, batch, capacity);
        binding = decoder.Session.CreateIoBinding();
        mask = new long[checked(batch * capacity)];
        Array.Fill(mask, 1L);
        foreach (var cache in decoder.Signature.Caches)
        {
            Bind(CacheNames.PastKey(cache.Layer), CacheNames.PresentKey(cache.Layer), cache);
            Bind(CacheNames.PastValue(cache.Layer), CacheNames.PresentValue(cache.Layer), cache);
        }
    }

    /// <summary>Sequences.</summary>
    public int Batch { get; }

    /// <summary>Most tokens per sequence.</summary>
    public int Capacity { get; }

    /// <summary>Tokens per sequence so far.</summary>
    public int Length { get; private set; }

    /// <summary>Forgets all but the first <paramref name="length"/> tokens of every sequence.</summary>
    public void Rewind(int length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, Length);
        Length = length;
    }

    /// <summary>Reads further tokens of every sequence.</summary>
    /// <param name="tokens">Batch × n ids, row-major.</param>
    /// <returns>Logits (batch × n × vocab), valid until the next call.</returns>
    public ReadOnlySpan<float> Append(ReadOnlySpan<int> tokens)
    {
        if (tokens.Length == 0 || tokens.Length % Batch != 0)
            throw new ArgumentException($"{tokens.Length} ids do not fill {Batch} sequences", nameof(tokens));
        var count = tokens.Length / Batch;
        if (Length + count > Capacity)
            throw new ArgumentException($"{Length} + {count} tokens exceed the capacity of {Capacity}", nameof(tokens));
        BindTokens(count);
        var vocab = decoder.Signature.VocabSize;
        for (var i = 0; i < tokens.Length; i++)
        {
            if ((uint)tokens[i] >= (uint)vocab)
                throw SessionErrors.TokenOutside(tokens[i], vocab);
            ids[i] = tokens[i];
        }
        using var maskValue = Tensor(mask, Batch, Length + count);
        binding.BindInput("attention_mask", maskValue);
        Run(count);
        Length += count;
        return logits;
    }

    public void Dispose()
    {
        binding.Dispose();
        runOptions.Dispose();
        idValue?.Dispose();
        logitValue?.Dispose();
        foreach (var cache in caches)
            cache.Dispose();
    }

    private void Bind(string past, string present, CacheShape cache)
    {
        // Native memory: the garbage collector never has to move around gigabytes that ORT writes into.
        var value = OrtValue.CreateAllocatedTensorValue(OrtAllocator.DefaultInstance, TensorElementType.Float, [Batch, cache.KvHeads, Capacity, cache.HeadDim]);
        value.GetTensorMutableDataAsSpan<float>().Clear();
        caches.Add(value);
        binding.BindInput(past, value);
        binding.BindOutput(present, value);
    }

    private void Run(int count)
    {
        try
        {
            decoder.Session.RunWithBinding(runOptions, binding);
        }
        catch (OnnxRuntimeException fault)
        {
            throw SessionErrors.CannotRun(Length + count, fault);
        }
    }

    private void BindTokens(int count)
    {
        if (boundTokens == count)
            return;
        idValue?.Dispose();
        logitValue?.Dispose();
        var rows = decoder.Signature.LastLogitsOnly ? 1 : count;
        ids = new long[Batch * count];
        logits = new float[checked(Batch * rows * decoder.Signature.VocabSize)];
        idValue = Tensor(ids, Batch, count);
        logitValue = Tensor(logits, Batch, rows, decoder.Signature.VocabSize);
        binding.BindInput("input_ids", idValue);
        binding.BindOutput("logits", logitValue);
        boundTokens = count;
    }

    private static OrtValue Tensor<T>(T[] values, params long[] dims)
        where T : unmanaged => OrtValue.CreateTensorValueFromMemory(OrtMemoryInfo.DefaultInstance, values.AsMemory(), dims);
}
