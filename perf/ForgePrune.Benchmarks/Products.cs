using BenchmarkDotNet.Attributes;
using ForgePrune.Kernels;

namespace ForgePrune.Benchmarks;

public class Products : IOperation
{
    private float[] _a = [], _b = [], _c = [];

    [Params(512, 2048)]
    public int N { get; set; }

    [Params(Operand.Plain, Operand.Transposed)]
    public Operand Right { get; set; }

    [Params(1, 0)]
    public int Threads { get; set; }

    public double Operations => 2.0 * N * N * N;

    [GlobalSetup]
    public void Check()
    {
        (_a, _b, _c) = (Answers.Floats(1, N * N), Answers.Floats(2, N * N), new float[N * N]);
        Float32();
        var (row, col) = (N / 3, N / 2);
        var expected = Enumerable.Range(0, N).Sum(k => (double)_a[row * N + k] * (Right == Operand.Plain ? _b[k * N + col] : _b[col * N + k]));
        Answers.Expect("The product", expected, _c[row * N + col], N * 1e-6);
    }

    [Benchmark]
    public void Float32() => Product.Multiply(Operand.Plain, Right, N, N, N, 1f, _a, N, _b, N, 0f, _c, N, Threads);
}
