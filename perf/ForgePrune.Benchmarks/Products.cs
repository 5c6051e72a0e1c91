using BenchmarkDotNet.Attributes;
using ForgePrune.Kernels;

namespace ForgePrune.Benchmarks;

public class Products : IOperation
{
    private float[] a = [], b = [], c = [];

    [Params(512, 2048)]
    public int N { get; set; }

    [Params(Transpose.No, Transpose.Yes)]
    public Transpose Right { get; set; }

    [Params(1, 0)]
    public int Threads { get; set; }

    public double Operations => 2.0 * N * N * N;

    [GlobalSetup]
    public void Check()
    {
        (a, b, c) = (Answers.Floats(1, N * N), Answers.Floats(2, N * N), new float[N * N]);
        Float32();
        var (row, col) = (N / 3, N / 2);
        var expected = Enumerable.Range(0, N).Sum(k => (double)a[row * N + k] * (Right == Transpose.No ? b[k * N + col] : b[col * N + k]));
        Answers.Expect("The product", expected, c[row * N + col], N * 1e-6);
    }

    [Benchmark]
    public void Float32() => Product.Multiply(Transpose.No, Right, N, N, N, 1f, a, N, b, N, 0f, c, N, Threads);
}
