// Sums a Gram XᵀX on a GPU in two pieces, as calibration does, and compares it with the processor's.
//
//   dotnet run -c Release --project samples/GramsOnGpu -- DEVICE
//
// DEVICE is cuda, cuda:1, opencl, or ilgpu-cpu, which needs no GPU, is slow, and is taken where none is named.
using ForgePrune.Kernels;
using ForgePrune.Kernels.Gpu;

const int tokens = 512, piece = 256, cols = 192, threads = 0;
var random = new Random(1);
float[] x = [.. Enumerable.Range(0, tokens * cols).Select(_ => random.NextSingle() - 0.5f)];

// On the device: float32 products over blocks of 256 tokens, summed in float64.
double[] sums = new double[cols * cols];
try
{
    using var device = GpuDevice.Open(args.Length > 0 ? args[0] : "ilgpu-cpu");
    using DeviceMatrix<float> rows = new(device, piece, cols);
    using DeviceMatrix<double> gram = new(device, cols, cols);
    var kernel = new GpuGram(device);
    for (var first = 0; first < tokens; first += piece)
    {
        rows.Upload(x.AsSpan(first * cols, piece * cols), stride: cols);
        kernel.AccumulateLower(rows, piece, gram);
    }
    kernel.Mirror(gram);
    gram.Download(sums, stride: cols);
    Console.WriteLine($"{tokens} tokens of {cols} columns on {device.Name}");
}
catch (GpuDeviceException missing)
{
    Console.Error.WriteLine(missing.Message);
    return 2;
}

// The processor orders its sums differently, so the last bits of float32 may differ.
double[] expected = new double[cols * cols];
Gram.Accumulate(x, tokens, cols, cols, expected, cols, threads);
var difference = sums.Zip(expected, (a, b) => Math.Abs(a - b)).Max() / expected.Max();
Console.WriteLine($"largest difference: {difference:0.0e+0} of the largest element");
return difference < 1e-6 ? 0 : 1;
