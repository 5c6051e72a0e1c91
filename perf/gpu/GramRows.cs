using ForgePrune.Kernels.Gpu;
using ForgePrune.Perf;
using ILGPU.Runtime;
using ILGPU.Runtime.Cuda;

namespace ForgePrune.GpuPerf;

/// <summary>Grams of activations that lie on the device, ours summed in float64 for a stream of texts, theirs made anew in float32.</summary>
internal static class GramRows
{
    public static void Add(Table table, GpuDevice device, bool tiny)
    {
        using var blas = Blas(table, device);
        foreach (var (tokens, cols) in tiny ? new[] { (40, 36) } : [(8192, 4096), (4096, 14336)])
        {
            if (!table.HasTime($"Grams of {tokens} x {cols}", 40))
                return;
            using DeviceMatrix<float> x = new(device, tokens, cols), theirs = new(device, cols, cols);
            using DeviceMatrix<double> ours = new(device, cols, cols);
            var made = Made.Floats(new Random(cols), tokens * cols);
            x.Upload(made, cols);
            foreach (var precision in Enum.GetValues<GramPrecision>())
                if (precision == GramPrecision.F32 || device.HasTensorCores)
                    Add(table, device, blas, precision, x, ours, theirs, made);
                else
                    table.Skip($"Gram {precision.ToString().ToLowerInvariant()} {tokens} x {cols}", "no tensor cores");
        }
    }

    private static CuBlas? Blas(Table table, GpuDevice device)
    {
        if (device.Accelerator is not CudaAccelerator cuda)
            return Missing("it needs CUDA");
        cuda.Bind();
        if (CuBlas.Find(((CudaStream)cuda.DefaultStream).StreamPtr) is not { } blas)
            return Missing("libcublas.so of CUDA 11 to 13 is not on this machine");
        table.Skip(blas.Version, "theirs");
        return blas;

        CuBlas? Missing(string why)
        {
            table.Skip("cuBLAS", $"left out: {why}");
            return null;
        }
    }

    private static void Add(
        Table table, GpuDevice device, CuBlas? blas, GramPrecision precision, DeviceMatrix<float> x, DeviceMatrix<double> ours, DeviceMatrix<float> theirs,
            float[] made)
    {
        var (tokens, cols, name) = (x.Rows, x.Cols, precision.ToString().ToLowerInvariant());
        var gram = new GpuGram(device, precision);
        void Own()
        {
            gram.AccumulateLower(x, tokens, ours);
            device.Accelerator.Synchronize();
        }
        nint onX = x.View.LoadEffectiveAddressAsPtr(), onGram = theirs.View.LoadEffectiveAddressAsPtr();
        var (what, operations) = ($"Gram {name} {tokens} x {cols}", (double)tokens * cols * (cols + 1));
        void Beside(string remark, Action<CuBlas> call)
        {
            void Other()
            {
                ((CudaAccelerator)device.Accelerator).Bind();
                call(blas!);
                device.Accelerator.Synchronize();
            }
            // Two factors, each rounded by half a unit of so many bits; for float32 the sums.
            var allowed = tokens * (precision switch { GramPrecision.F32 => 1e-5, GramPrecision.Tf32 => 1e-3, _ => 1e-2 });
            if (Difference(Own, Other, ours, theirs) is var difference && difference <= allowed)
                table.Add(what, operations, Own, Other, remark);
            else
                table.Skip(what, $"left out: {remark} differs from ours by {difference:g3}, allowed {allowed:g3}");
        }
        switch (precision)
        {
            case GramPrecision.F32 when blas is not null:
                Beside("cublasSgemm, both halves", b => b.Sgemm(tokens, cols, onX, onGram));
                Beside("cublasSsyrk, one half", b => b.Ssyrk(tokens, cols, onX, onGram));
                break;
            case GramPrecision.Tf32 when blas is not null:
                Beside("cublasGemmEx in tf32", b => b.GemmEx(tokens, cols, onX, isBf16: false, onGram));
                break;
            case GramPrecision.Bf16 when blas is not null:
                using (var rounded = new DeviceMatrix<ushort>(device, tokens, cols))
                {
                    // To nearest, halves away from zero: near enough to ours to be compared.
                    rounded.Upload(Array.ConvertAll(made, value => (ushort)((BitConverter.SingleToUInt32Bits(value) + 0x8000) >> 16)), cols);
                    var onRounded = rounded.View.LoadEffectiveAddressAsPtr();
                    Beside("cublasGemmEx, inputs in bf16 before; ours reads float32", b => b.GemmEx(tokens, cols, onRounded, isBf16: true, onGram));
                }
                break;
            default:
                table.Add(what, operations, Own, null, "");
                break;
        }
    }

    /// <summary>Largest difference in the last row, whose half is the lower one for both.</summary>
    private static double Difference(Action own, Action other, DeviceMatrix<double> ours, DeviceMatrix<float> theirs)
    {
        var cols = ours.Cols;
        ours.View.MemSetToZero();
        own();
        other();
        var (a, b) = (new double[cols], new float[cols]);
        ours.From(cols - 1, 0).CopyToCPU(a);
        theirs.From(cols - 1, 0).CopyToCPU(b);
        // Max passes over NaN.
        return a.Zip(b, (x, y) => double.IsFinite(y) ? Math.Abs(x - y) : double.PositiveInfinity).Max();
    }
}
