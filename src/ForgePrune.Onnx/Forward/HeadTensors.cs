using System.Runtime.InteropServices;
using ForgePrune.Model;
using ForgePrune.Onnx.Graphs;
using ForgePrune.Onnx.Providers;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace ForgePrune.Onnx.Forward;

/// <summary>Output heads in a place's type of two bytes, where the place computes: one copy of each for all that multiplies with it, logits and scores. Tied
/// embeddings are no second copy, since the host looks their rows up.</summary>
internal sealed class HeadTensors(BlockPlace place) : IDisposable
{
    /// <summary>What errors call it.</summary>
    public const string Name = "the output head";

    // The dense model's, and one that was trained.
    private const int Most = 2;

    // Elements copied at once: spans of bytes end at 2 GB, and heads need not.
    private const int Piece = 1 << 28;

    // The one that was used last at the end.
    private readonly List<HeadTensor> heads = [];
    private InferenceSession? session;
    private ProviderMemory? memory;
    private OrtAllocator? allocator;

    public BlockPlace Place => place;

    /// <summary>How many were made.</summary>
    public int Made { get; private set; }

    /// <param name="head">Readers of a model's head share it and do not write to it, so that it stands for its values.</param>
    /// <exception cref="Errors.BadInputException">A value is beyond the type.</exception>
    /// <exception cref="Errors.BrokenEnvironmentException">The place has no room for it.</exception>
    public HeadTensor Of(Matrix head)
    {
        var index = heads.FindIndex(one => one.Head.Shares(head));
        if (index < 0)
        {
            if (heads.Count == Most)
                Drop(0);
            heads.Add(Make(head));
            return heads[^1];
        }

        var found = heads[index];
        heads.RemoveAt(index);
        heads.Add(found);
        return found;
    }

    /// <summary>Gives them up; the next question makes them again.</summary>
    public void Dispose()
    {
        while (heads.Count > 0)
            Drop(0);
        allocator?.Dispose();
        memory?.Dispose();
        session?.Dispose();
        (allocator, memory, session) = (null, null, null);
    }

    private void Drop(int index)
    {
        heads[index].Dispose();
        heads.RemoveAt(index);
    }

    private HeadTensor Make(Matrix head)
    {
        var bits = new NarrowWeights(place, Name).Bits("lm_head", head);
        Made++;
        try
        {
            if (memory is null)
            {
                session = Open();
                memory = place.Memory(session);
            }

            return memory.IsDevice ? Sent(head, bits) : Pinned(head, bits);
        }
        catch (OnnxRuntimeException fault) when (place.Provider.CudaIndex is not null)
        {
            throw BlockErrors.CannotRun(Name, place, fault);
        }
    }

    private HeadTensor Pinned(Matrix head, ushort[] bits)
    {
        var pin = GCHandle.Alloc(bits, GCHandleType.Pinned);
        return new(head, Over(OrtMemoryInfo.DefaultInstance, pin.AddrOfPinnedObject(), head), pin.Free);
    }

    private HeadTensor Sent(Matrix head, ushort[] bits)
    {
        allocator ??= new OrtAllocator(session!, memory!.Info);
        // As many bytes as an array of two-byte values can have fit into 32 bits.
        var room = allocator.Allocate(checked((uint)((long)bits.Length * sizeof(ushort))));
        var address = room.DangerousGetHandle();
        for (var start = 0; start < bits.Length; start += Piece)
        {
            var from = MemoryMarshal.AsBytes(bits.AsSpan(start, Math.Min(Piece, bits.Length - start)));
            using var to = OrtValue.CreateTensorValueWithData(memory!.Info, TensorElementType.UInt8, [from.Length],
                address + ((nint)start * sizeof(ushort)), from.Length);
            memory.Copy(to, from);
        }

        return new(head, Over(memory!.Info, address, head), room.Dispose);
    }

    private OrtValue Over(OrtMemoryInfo where, nint address, Matrix head) => OrtValue.CreateTensorValueWithData(
        where, place.ElementType == OnnxType.Float16 ? TensorElementType.Float16 : TensorElementType.BFloat16, [head.Rows, head.Cols], address,
        (long)sizeof(ushort) * head.Rows * head.Cols);

    /// <summary>A session whose memory they lie in. Its arena takes what is asked for: by itself it would take the next power of two.</summary>
    private InferenceSession Open()
    {
        using var settings = new SessionOptions();
        if (place.Provider.CudaIndex is { } index)
            CudaProvider.Append(settings, index, tight: true);
        var graph = NarrowNodes.Graph("room");
        graph.Input("x", OnnxType.Float, 1);
        graph.Node("Identity", "", ["x"], ["y"]);
        graph.Output("y", OnnxType.Float, 1);
        return BlockThread.Invoke(() => new InferenceSession(graph.ToBytes(), settings));
    }
}

/// <summary>One output head, vocab × hidden, where a place computes.</summary>
/// <param name="head">What it was made from.</param>
/// <param name="free">Gives its memory back.</param>
internal sealed class HeadTensor(Matrix head, OrtValue value, Action free) : IDisposable
{
    public Matrix Head => head;

    public OrtValue Value => value;

    public void Dispose()
    {
        value.Dispose();
        free();
    }
}
