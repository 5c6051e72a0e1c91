using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using ForgePrune.Serving;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace ForgePrune.Onnx.Sessions;

/// <summary>The KV cache of a batch of equally long sequences, and what else a call binds.</summary>
internal sealed class DecoderState : IDecoderState
{
    private readonly OnnxDecoder decoder;
    private readonly OrtIoBinding binding;
    private readonly RunOptions runOptions = new();
    private readonly KvCaches caches;
    private readonly WholeTensor? mask;
    private WholeTensor? ids, positions;
    private float[] logits = [];
    private Float16[] halfLogits = [];
    private OrtValue? idValue, logitValue;
    private int boundTokens, logitRows = -1;
    private readonly bool captures;
    private StaticStep? step;

    /// <param name="captures">Whether steps of one token may be captured, where the decoder does that.</param>
    internal DecoderState(OnnxDecoder decoder, int batch, int capacity, bool captures = true)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(batch, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(capacity, 1);
        (this.decoder, Batch, Capacity) = (decoder, batch, capacity);
        binding = decoder.Session.CreateIoBinding();
        if (decoder.Captures)
            runOptions.AddRunConfigEntry(StaticStep.GraphOption, StaticStep.NoGraph);
        this.captures = captures && decoder.Captures;
        if (Wants(Folder.Mask))
        {
            mask = Whole(Folder.Mask, checked(batch * capacity));
            mask.Fill(1);
        }
        caches = KvCaches.Of(decoder.Signature, binding, decoder.Memory, batch, capacity);
    }

    /// <summary>Sequences.</summary>
    public int Batch { get; }

    /// <summary>Most tokens per sequence.</summary>
    public int Capacity { get; }

    /// <summary>Tokens per sequence so far.</summary>
    public int Length { get; private set; }

    private DecoderFolder Folder => decoder.Signature.Folder;

    /// <summary>Forgets all but the first <paramref name="length"/> tokens of every sequence.</summary>
    public void Rewind(int length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, Length);
        Length = length;
    }

    /// <summary>Reads further tokens of every sequence.</summary>
    /// <param name="tokens">Batch × n ids, row-major.</param>
    /// <returns>Logits (batch × n × vocab, or batch × 1 × vocab where the graph gives the last ones only), valid until the next call.</returns>
    public ReadOnlySpan<float> Append(ReadOnlySpan<int> tokens)
    {
        Read(tokens, toHost: true);
        if (halfLogits.Length > 0)
            TensorPrimitives.ConvertToSingle(MemoryMarshal.Cast<Float16, Half>(halfLogits), logits);
        return logits;
    }

    /// <summary>The same, with logits that stay where they are computed.</summary>
    public void Advance(ReadOnlySpan<int> tokens)
    {
        if (captures && tokens.Length == Batch)
            Step(tokens);
        else if (decoder.Memory.IsDevice)
            Read(tokens, toHost: false);
        else
            Append(tokens);
    }

    /// <summary>Reads further tokens, and gives their logits where they were computed.</summary>
    /// <returns>The caller's; the next call does not change it.</returns>
    internal OrtValue Leave(ReadOnlySpan<int> tokens)
    {
        Read(tokens, toHost: false);
        OrtValue? logits = null;
        foreach (var (name, value) in binding.GetOutputNames().Zip(binding.GetOutputValues()))
        {
            if (name == Folder.Logits)
                logits = value;
            else
                value.Dispose();
        }

        return logits!;
    }

    /// <summary>The logits of the last call, where it was a step that is captured; null after any other.</summary>
    internal OrtValue? StepLogits { get; private set; }

    private void Step(ReadOnlySpan<int> tokens)
    {
        RequireRoom(1);
        foreach (var id in tokens)
            RequireToken(id);
        step ??= new(decoder, caches, Batch, Capacity);
        try
        {
            step.Run(tokens, Length);
        }
        catch (OnnxRuntimeException fault)
        {
            throw SessionErrors.CannotRun(Length + 1, fault);
        }

        StepLogits = step.Logits;
        Length++;
    }

    private void Read(ReadOnlySpan<int> tokens, bool toHost)
    {
        StepLogits = null;
        if (tokens.Length == 0 || tokens.Length % Batch != 0)
            throw new ArgumentException($"{tokens.Length} ids do not fill {Batch} sequences", nameof(tokens));
        var count = tokens.Length / Batch;
        RequireRoom(count);
        BindTokens(count);
        for (var i = 0; i < tokens.Length; i++)
        {
            RequireToken(tokens[i]);
            ids!.Set(i, tokens[i]);
        }
        // Behind the ids: a device gets a copy of them now.
        binding.BindInput(Folder.Ids, idValue!);
        if (toHost)
            BindLogits(count);
        else
            LeaveLogits();
        Run(count);
        Length += count;
    }

    private void RequireRoom(int count)
    {
        if (Length + count > Capacity)
            throw new ArgumentException($"{Length} + {count} tokens exceed the capacity of {Capacity}", nameof(count));
    }

    private void RequireToken(int id)
    {
        if ((uint)id >= (uint)decoder.Signature.VocabSize)
            throw SessionErrors.TokenOutside(id, decoder.Signature.VocabSize);
    }

    public void Dispose()
    {
        step?.Dispose();
        binding.Dispose();
        runOptions.Dispose();
        idValue?.Dispose();
        logitValue?.Dispose();
        caches.Dispose();
    }

    private void Run(int count)
    {
        caches.Prepare(Length, count);
        var lengths = BindLengths(count);
        try
        {
            if (decoder.Memory.IsDevice)
                binding.SynchronizeBoundInputs();
            decoder.Session.RunWithBinding(runOptions, binding);
            if (decoder.Memory.IsDevice)
                binding.SynchronizeBoundOutputs();
        }
        catch (OnnxRuntimeException fault)
        {
            throw SessionErrors.CannotRun(Length + count, fault);
        }
        finally
        {
            lengths.ForEach(value => value.Dispose());
        }
    }

    /// <summary>Everything that says where the tokens stand. Changes with every call.</summary>
    private List<OrtValue> BindLengths(int count)
    {
        var (total, bound) = (Length + count, new List<OrtValue>());
        if (mask is not null)
            Bind(Folder.Mask, mask.Value(Batch, total));
        if (positions is not null)
        {
            for (var i = 0; i < Batch * count; i++)
                positions.Set(i, Length + (i % count));
            Bind(Folder.Positions, positions.Value(Batch, count));
        }
        foreach (var (name, value, each) in new[] { (Folder.LastIndex, total - 1, Batch), (Folder.TotalLength, total, 1) })
        {
            if (!Wants(name))
                continue;
            var numbers = Whole(name, each);
            numbers.Fill(value);
            var rank = decoder.Signature.WholeInputs[name].Dims.Length;
            Bind(name, numbers.Value(rank == 0 ? [] : [each, .. Enumerable.Repeat(1L, rank - 1)]));
        }
        return bound;

        void Bind(string name, OrtValue value)
        {
            bound.Add(value);
            binding.BindInput(name, value);
        }
    }

    private void BindTokens(int count)
    {
        if (boundTokens == count)
            return;
        idValue?.Dispose();
        ids = Whole(Folder.Ids, Batch * count);
        positions = Wants(Folder.Positions) ? Whole(Folder.Positions, Batch * count) : null;
        idValue = ids.Value(Batch, count);
        boundTokens = count;
    }

    /// <summary>Logits of so many tokens are to come to the host.</summary>
    private void BindLogits(int count)
    {
        var (rows, signature) = (decoder.Signature.LastLogitsOnly ? 1 : count, decoder.Signature);
        if (logitRows == rows)
            return;
        logitValue?.Dispose();
        logits = new float[HostLogits.Count(Batch, rows, signature.VocabSize)];
        halfLogits = signature.LogitsType == TensorElementType.Float16 ? new Float16[logits.Length] : [];
        logitValue = halfLogits.Length > 0 ? Tensor(halfLogits, Batch, rows, signature.VocabSize) : Tensor(logits, Batch, rows, signature.VocabSize);
        binding.BindOutput(Folder.Logits, logitValue);
        logitRows = rows;
    }

    private void LeaveLogits()
    {
        binding.BindOutputToDevice(Folder.Logits, decoder.Memory.Info);
        logitRows = -1;
    }

    private bool Wants(string input) => decoder.Signature.WholeInputs.ContainsKey(input);

    private WholeTensor Whole(string input, int length) => new(decoder.Signature.WholeInputs[input].Type, length);

    private static OrtValue Tensor<T>(T[] values, params long[] dims)
        where T : unmanaged => OrtValue.CreateTensorValueFromMemory(OrtMemoryInfo.DefaultInstance, values.AsMemory(), dims);
}
