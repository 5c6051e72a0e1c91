namespace ForgePrune.Kernels.Gpu.Tests.Ptx;

/// <summary>A group of lanes: they meet at barriers, those of a warp at its products.</summary>
internal sealed class PtxGroup
{
    private readonly PtxProgram program;
    private readonly IReadOnlyDictionary<string, byte[]> parameters;
    private readonly byte[] shared;
    private readonly PtxLane[] lanes;

    public PtxGroup(PtxProgram program, IReadOnlyDictionary<string, byte[]> parameters, PtxMemory memory, int index, int lanes)
    {
        (this.program, this.parameters, Memory, Index) = (program, parameters, memory, index);
        shared = new byte[program.SharedBytes];
        // NaN, in whatever format it is read.
        Array.Fill(shared, (byte)0xFF);
        this.lanes = [.. Enumerable.Range(0, lanes).Select(lane => new PtxLane(program, this, lane))];
    }

    public PtxMemory Memory { get; }

    public int Index { get; }

    public byte[] Parameter(string name) => parameters[name];

    public Span<byte> Shared(ulong address, int bytes) => address + (ulong)bytes <= (ulong)shared.Length && address % (ulong)bytes == 0
        ? shared.AsSpan((int)address, bytes)
        : throw new PtxFault($"takes {bytes} bytes at {address} of {shared.Length} bytes of shared memory");

    /// <summary>Runs warp after warp from barrier to barrier.</summary>
    /// <param name="reversed">Whether the last warp goes first: what must not depend on it shows a missing barrier where it does.</param>
    public void Run(bool reversed)
    {
        var warps = lanes.Chunk(TensorCore.Lanes).ToArray();
        if (reversed)
            Array.Reverse(warps);
        while (true)
        {
            foreach (var warp in warps)
                ToBarrier(warp);
            var at = lanes[0].At;
            if (lanes.Any(lane => lane.At != at))
                throw new PtxFault("has lanes of a group that do not come to the same barrier");
            if (at < 0)
                return;
            Array.ForEach(lanes, lane => lane.Pass());
        }
    }

    private void ToBarrier(PtxLane[] warp)
    {
        while (true)
        {
            Array.ForEach(warp, lane => lane.Run());
            if (!warp.Any(lane => lane.At >= 0 && program.Code[lane.At].Flow == PtxFlow.Multiply))
                return;
            if (warp.Any(lane => lane.At != warp[0].At))
                throw new PtxFault("has lanes of a warp that do not come to the same product");
            Multiply(warp, program.Code[warp[0].At]);
            Array.ForEach(warp, lane => lane.Pass());
        }
    }

    private static void Multiply(PtxLane[] warp, PtxInstruction product)
    {
        // Operands D, A, B, C: four, four, two and four registers of 32 bits.
        var (d, a, b, c) = (product.Operands[..4], product.Operands[4..8], product.Operands[8..10], product.Operands[10..14]);
        uint[] Of(int[] registers) => [.. warp.SelectMany(lane => registers.Select(register => (uint)lane.R[register]))];
        var sums = product.Core!.Multiply(Of(a), Of(b), Array.ConvertAll(Of(c), BitConverter.UInt32BitsToSingle));
        for (var lane = 0; lane < warp.Length; lane++)
            for (var i = 0; i < d.Length; i++)
                warp[lane].R[d[i]] = BitConverter.SingleToUInt32Bits(sums[lane * d.Length + i]);
    }
}
