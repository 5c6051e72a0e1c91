using System.Runtime.InteropServices;
using ForgePrune.Kernels;
using static ForgePrune.Native.NativeSpan;

namespace ForgePrune.Native;

/// <summary>Second moments and products.</summary>
internal static unsafe class MomentExports
{
    [UnmanagedCallersOnly(EntryPoint = "fp_gram_f32")]
    public static Status GramSingle(float* x, long tokens, long cols, long stride, double* gram, long gramStride, int threads) =>
        NativeCall.Run(() => Gram.Accumulate(
        Matrix(x, tokens, cols, stride, "x"), Size(tokens, "tokens"), Size(cols, "cols"), Size(stride, "stride"),
        Square(gram, cols, gramStride, "gram"), Size(gramStride, "gram_stride"), threads));

    [UnmanagedCallersOnly(EntryPoint = "fp_gram_f16")]
    public static Status GramHalf(Half* x, long tokens, long cols, long stride, double* gram, long gramStride, int threads) =>
        NativeCall.Run(() => HalfGram.Accumulate(
        Matrix(x, tokens, cols, stride, "x"), Size(tokens, "tokens"), Size(cols, "cols"), Size(stride, "stride"),
        Square(gram, cols, gramStride, "gram"), Size(gramStride, "gram_stride"), threads));

    [UnmanagedCallersOnly(EntryPoint = "fp_gram_bf16")]
    public static Status GramBFloat16(ushort* x, long tokens, long cols, long stride, double* gram, long gramStride, int threads) =>
        NativeCall.Run(() => HalfGram.AccumulateBFloat16(
            Matrix(x, tokens, cols, stride, "x"), Size(tokens, "tokens"), Size(cols, "cols"), Size(stride, "stride"),
            Square(gram, cols, gramStride, "gram"), Size(gramStride, "gram_stride"), threads));

    [UnmanagedCallersOnly(EntryPoint = "fp_gram_f64")]
    public static Status GramDouble(double* x, long tokens, long cols, long stride, double* gram, long gramStride, int threads) =>
        NativeCall.Run(() => Gram.Accumulate(
        Matrix(x, tokens, cols, stride, "x"), Size(tokens, "tokens"), Size(cols, "cols"), Size(stride, "stride"),
        Square(gram, cols, gramStride, "gram"), Size(gramStride, "gram_stride"), threads));

    [UnmanagedCallersOnly(EntryPoint = "fp_cross_f32")]
    public static Status Cross(
        float* y, long rows, long yStride, float* x, long cols, long xStride, long tokens, double* moment, long momentStride, int threads) =>
        NativeCall.Run(() => Gram.AccumulateCross(
            Matrix(y, tokens, rows, yStride, "y"), Size(rows, "rows"), Size(yStride, "y_stride"),
            Matrix(x, tokens, cols, xStride, "x"), Size(cols, "cols"), Size(xStride, "x_stride"), Size(tokens, "tokens"),
            Matrix(moment, rows, cols, momentStride, "moment"), Size(momentStride, "moment_stride"), threads));

    [UnmanagedCallersOnly(EntryPoint = "fp_product_f32")]
    public static Status ProductSingle(int transposeA, int transposeB, long m, long n, long k, float alpha, float* a, long aStride, float* b, long bStride,
        float beta, float* c, long cStride, int threads) => NativeCall.Run(() => Product.Multiply(
        Form(transposeA), Form(transposeB), Size(m, "m"), Size(n, "n"), Size(k, "k"), alpha,
        Operand(a, transposeA, m, k, aStride, "a"), Size(aStride, "a_stride"), Operand(b, transposeB, k, n, bStride, "b"), Size(bStride, "b_stride"),
        beta, Matrix(c, m, n, cStride, "c"), Size(cStride, "c_stride"), threads));

    [UnmanagedCallersOnly(EntryPoint = "fp_product_f64")]
    public static Status ProductDouble(int transposeA, int transposeB, long m, long n, long k, double alpha, double* a, long aStride, double* b, long bStride,
        double beta, double* c, long cStride, int threads) => NativeCall.Run(() => Product.Multiply(
        Form(transposeA), Form(transposeB), Size(m, "m"), Size(n, "n"), Size(k, "k"), alpha,
        Operand(a, transposeA, m, k, aStride, "a"), Size(aStride, "a_stride"), Operand(b, transposeB, k, n, bStride, "b"), Size(bStride, "b_stride"),
        beta, Matrix(c, m, n, cStride, "c"), Size(cStride, "c_stride"), threads));

    private static Transpose Form(int transpose) => transpose == 0 ? Transpose.No : Transpose.Yes;

    private static Span<T> Operand<T>(T* data, int transpose, long rows, long cols, long stride, string name) where T : unmanaged =>
        transpose == 0 ? Matrix(data, rows, cols, stride, name) : Matrix(data, cols, rows, stride, name);
}
