using ForgePrune.Forward;
using ForgePrune.Kernels;
using ForgePrune.Onnx.Graphs;
using ForgePrune.Onnx.Providers;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace ForgePrune.Onnx.Forward;

/// <summary>Results of blocks in the provider's memory: hidden states, from which the next block reads, and inputs of projections. They go when nobody refers
/// to their activations any more, and come to the host when somebody asks for values there, or when the room is needed.</summary>
internal sealed class StayingTensors(BlockPlace place, BlockSessions sessions, RunOptions run) : IDisposable
{
    private readonly Lock gate = new();

    // The oldest first.
    private readonly List<Slot> slots = [];
    private readonly Dictionary<OnnxType, BlockSession> carriers = [];
    private ProviderMemory? memory;
    private long room;

    /// <summary>Bytes that are held.</summary>
    public long Bytes { get; private set; }

    /// <summary>How often values came to the host.</summary>
    public int Fetched { get; private set; }

    /// <summary>How often values were read where they lie.</summary>
    public int Read { get; private set; }

    private LentMemory? Memory => place.Lends;

    /// <summary>A tensor that the next call fills, and the activations that stand for it.</summary>
    /// <param name="like">Of its windows and tokens; at least one row.</param>
    /// <param name="once">Whether it is of no use here once the host has its values.</param>
    public (OrtValue Tensor, Activations Activations) New(Activations like, int width, OnnxType type, bool once)
    {
        lock (gate)
        {
            var slot = new Slot([like.Windows, like.Tokens, width], type, once);
            if (memory is null)
            {
                room = place.Room();
                memory = place.Memory(Carrier(OnnxType.Float).Session);
            }

            MakeRoom(slot.Bytes);
            slot.Tensor = memory.New(TensorTypeOf(type), slot.Shape);
            Bytes += slot.Bytes;
            slots.Add(slot);
            return (slot.Tensor, new(like.Windows, like.Tokens, width, new Values(this, slot)));
        }
    }

    /// <summary>Where activations lie here; null where they are the host's, another runner's, or were brought to the host for want of room.</summary>
    public OrtValue? Find(Activations x)
    {
        lock (gate)
            return x.Staying is Values { Owner: var owner } values && owner == this ? values.Slot.Tensor : null;
    }

    /// <summary>Brings everything that is still referred to to the host, and closes the sessions that do it.</summary>
    public void Dispose()
    {
        lock (gate)
        {
            MakeRoom(long.MaxValue);
            memory?.Dispose();
            memory = null;
            foreach (var carrier in carriers.Values)
                carrier.Dispose();
            carriers.Clear();
        }
    }

    private void MakeRoom(long bytes)
    {
        Sweep();
        if (Bytes == 0 || Bytes <= room - bytes)
            return;
        // What nobody refers to is known after a collection only.
        GC.Collect();
        GC.WaitForPendingFinalizers();
        Sweep();
        while (slots.Count > 0 && Bytes > room - bytes)
        {
            slots[0].Host ??= Fetch(slots[0]);
            Free(slots[0]);
        }
    }

    private void Sweep()
    {
        foreach (var slot in slots.Where(slot => slot.IsDropped).ToArray())
            Free(slot);
    }

    private void Free(Slot slot)
    {
        slot.Tensor?.Dispose();
        slot.Tensor = null;
        Bytes -= slot.Bytes;
        slots.Remove(slot);
    }

    private float[] ToHost(Slot slot)
    {
        lock (gate)
        {
            if (slot.Host is null)
            {
                slot.Host = Fetch(slot);
                if (slot.IsForOnce)
                    Free(slot);
            }

            return slot.Host;
        }
    }

    // A call ends with the wall behind its outputs (BlockSession.Run), so that what is lent is complete. The gate keeps it where it is until it was read.
    private bool Lend(Slot slot, Action<LentMatrix> read)
    {
        lock (gate)
        {
            if (slot.Tensor is not { } tensor || Memory is not { } memory)
                return false;
            var (rows, width) = (checked((int)(slot.Shape[0] * slot.Shape[1])), (int)slot.Shape[2]);
            read(new(memory, ProviderMemory.AddressOf(tensor), LentTypeOf(slot.Type), rows, width, width));
            Read++;
            return true;
        }
    }

    private float[] Fetch(Slot slot)
    {
        var values = LargeArray.Uninitialized<float>(slot.Shape[0] * slot.Shape[1] * slot.Shape[2]);
        var carrier = Carrier(slot.Type);
        using var target = new TensorSet();
        target.Add("y", values, slot.Shape);
        using var binding = carrier.Session.CreateIoBinding();
        binding.BindInput("x", slot.Tensor!);
        target.BindOutputsTo(binding);
        carrier.Run(run, binding, "a copy to the host");
        Fetched++;
        return values;
    }

    /// <summary>Copies to where its output is bound, in float32.</summary>
    private BlockSession Carrier(OnnxType type)
    {
        if (carriers.TryGetValue(type, out var carrier))
            return carrier;
        var graph = NarrowNodes.Graph("carry");
        graph.Input("x", type, "windows", "tokens", "width");
        if (type == OnnxType.Float)
            graph.Node("Identity", "", ["x"], ["y"]);
        else
            graph.Node("Cast", "", ["x"], ["y"], OnnxAttribute.Of("to", (long)OnnxType.Float));
        graph.Output("y", OnnxType.Float, "windows", "tokens", "width");
        return carriers[type] = sessions.Open(graph);
    }

    private static TensorElementType TensorTypeOf(OnnxType type) => type switch
    {
        OnnxType.Float16 => TensorElementType.Float16,
        OnnxType.BFloat16 => TensorElementType.BFloat16,
        _ => TensorElementType.Float,
    };

    private static LentType LentTypeOf(OnnxType type) => type switch
    {
        OnnxType.Float16 => LentType.F16,
        OnnxType.BFloat16 => LentType.BF16,
        _ => LentType.F32,
    };

    /// <summary>One tensor. Apart from the activations that stand for it, so that it can be freed when they are gone.</summary>
    private sealed class Slot(long[] shape, OnnxType type, bool once)
    {
        public long[] Shape => shape;

        public OnnxType Type => type;

        public bool IsForOnce => once;

        public long Bytes { get; } = type.Bytes(shape[0] * shape[1] * shape[2]);

        public OrtValue? Tensor { get; set; }

        public float[]? Host { get; set; }

        /// <summary>Written by the collector's thread.</summary>
        public volatile bool IsDropped;
    }

    private sealed class Values(StayingTensors owner, Slot slot) : IStayingValues
    {
        ~Values() => slot.IsDropped = true;

        public StayingTensors Owner => owner;

        public Slot Slot => slot;

        public LentMemory? Memory => owner.Memory;

        public float[] ToHost() => owner.ToHost(slot);

        public bool Lend(Action<LentMatrix> read)
        {
            var isRead = owner.Lend(slot, read);
            // Until here somebody refers to them.
            GC.KeepAlive(this);
            return isRead;
        }
    }
}
