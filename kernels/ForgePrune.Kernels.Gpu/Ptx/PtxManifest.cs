using System.Text.Encodings.Web;
using System.Text.Json;
using ILGPU;

namespace ForgePrune.Kernels.Gpu;

/// <summary>What <c>manifest.json</c> says about a folder of PTX.</summary>
/// <param name="Version">Version of this layout.</param>
/// <param name="Compiler">What made the PTX.</param>
/// <param name="Target">The architecture that was asked for; the PTX itself says <c>sm_80</c> for all later ones.</param>
/// <param name="Sources">SHA-256 of the sources that decide the PTX, in hexadecimal digits.</param>
/// <param name="Types">How structured parameters are laid out.</param>
/// <param name="Kernels">The kernels, in the order of the pipeline.</param>
public sealed record PtxManifest(int Version, string Compiler, string Target, string Sources, IReadOnlyDictionary<string, string> Types,
    IReadOnlyList<PtxKernel> Kernels)
{
    private static readonly JsonSerializerOptions Layout = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        WriteIndented = true,
        NewLine = "\n",
        // Formulas stay readable.
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    internal static PtxManifest Of(string target, IReadOnlyList<PtxKernel> kernels) => new(
        1, $"ILGPU {typeof(Context).Assembly.GetName().Version!.ToString(3)}", target, KernelSources.Hash(),
        new Dictionary<string, string>
        {
            ["i32"] = "4 bytes",
            ["f32"] = "4 bytes",
            ["f64"] = "8 bytes",
            ["view<T>"] = "16 bytes: device pointer to elements of T (8), number of elements (8)",
            ["operand<T>"] = "24 bytes: view<T> (16), laneStep (4), depthStep (4)",
        },
        kernels);

    internal string Text() => JsonSerializer.Serialize(this, Layout) + "\n";
}

/// <summary>A kernel in the manifest.</summary>
/// <param name="Name">Name of the kernel and of its entry point.</param>
/// <param name="File">Its PTX, beside the manifest.</param>
/// <param name="Purpose">What it computes.</param>
/// <param name="Grid">How many groups, or lanes, to launch, in the names of the parameters.</param>
/// <param name="Lanes">Lanes of a group; a kernel of one lane for each element takes any number.</param>
/// <param name="PerElement">Whether it has one lane for each element: then ceil(first parameter / lanes) groups are launched.</param>
/// <param name="SharedBytes">Bytes of static shared memory of a group; none is to be passed at the launch.</param>
/// <param name="Parameters">Its parameters, in order.</param>
public sealed record PtxKernel(
    string Name, string File, string Purpose, string Grid, int Lanes, bool PerElement, int SharedBytes, IReadOnlyList<KernelParameter> Parameters);
