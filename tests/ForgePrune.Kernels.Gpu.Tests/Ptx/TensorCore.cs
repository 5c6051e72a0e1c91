namespace ForgePrune.Kernels.Gpu.Tests.Ptx;

/// <summary>
/// What a warp's mma instruction multiplies, written down from the PTX ISA ("Matrix Fragments for mma.m16n8k8" and "mma.m16n8k16") element by element, and
/// by nothing that the kernels use. Each formula gives row and column of a lane's i-th element.
/// </summary>
internal abstract class TensorCore
{
    public const int Lanes = 32, Rows = 16, Cols = 8, Sums = 4;

    public static TensorCore Find(string instruction) => instruction switch
    {
        "mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32" => new OfTf32(),
        "mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32" => new OfBf16(),
        _ => throw new NotSupportedException($"The interpreter has no {instruction}."),
    };

    protected abstract int Depth { get; }

    /// <summary>Numbers in a register of 32 bits.</summary>
    protected abstract int InRegister { get; }

    protected abstract (int Row, int Col) Left(int group, int thread, int i);

    protected abstract (int Row, int Col) Right(int group, int thread, int i);

    protected abstract float Value(uint register, int number);

    /// <summary>D = A·B + C; registers of lane l lie at l · their number. Sums are formed in float64 and rounded once.</summary>
    public float[] Multiply(ReadOnlySpan<uint> a, ReadOnlySpan<uint> b, ReadOnlySpan<float> c)
    {
        double[,] left = new double[Rows, Depth], right = new double[Depth, Cols];
        int ofLeft = Rows * Depth / Lanes, ofRight = Depth * Cols / Lanes;
        for (var lane = 0; lane < Lanes; lane++)
        {
            for (var i = 0; i < ofLeft; i++)
            {
                var (row, col) = Left(lane >> 2, lane % 4, i);
                left[row, col] = Value(a[(lane * ofLeft + i) / InRegister], i % InRegister);
            }
            for (var i = 0; i < ofRight; i++)
            {
                var (row, col) = Right(lane >> 2, lane % 4, i);
                right[row, col] = Value(b[(lane * ofRight + i) / InRegister], i % InRegister);
            }
        }
        var d = new float[Lanes * Sums];
        for (var lane = 0; lane < Lanes; lane++)
            for (var i = 0; i < Sums; i++)
            {
                int row = (lane >> 2) + (i < 2 ? 0 : 8), col = lane % 4 * 2 + (i & 1);
                double sum = c[lane * Sums + i];
                for (var k = 0; k < Depth; k++)
                    sum += left[row, k] * right[k, col];
                d[lane * Sums + i] = (float)sum;
            }
        return d;
    }

    private sealed class OfTf32 : TensorCore
    {
        protected override int Depth => 8;

        protected override int InRegister => 1;

        protected override (int Row, int Col) Left(int group, int thread, int i) => (i is 0 or 2 ? group : group + 8, i is 0 or 1 ? thread : thread + 4);

        protected override (int Row, int Col) Right(int group, int thread, int i) => (i == 0 ? thread : thread + 4, group);

        // The cores do not read the last 13 bits.
        protected override float Value(uint register, int number) => BitConverter.UInt32BitsToSingle(register & ~0x1FFFu);
    }

    private sealed class OfBf16 : TensorCore
    {
        protected override int Depth => 16;

        protected override int InRegister => 2;

        protected override (int Row, int Col) Left(int group, int thread, int i) =>
            (i is < 2 or (>= 4 and < 6) ? group : group + 8, thread * 2 + (i & 1) + (i < 4 ? 0 : 8));

        protected override (int Row, int Col) Right(int group, int thread, int i) => (thread * 2 + (i & 1) + (i < 2 ? 0 : 8), group);

        protected override float Value(uint register, int number) => BitConverter.UInt32BitsToSingle(number == 0 ? register << 16 : register & 0xFFFF0000u);
    }
}
