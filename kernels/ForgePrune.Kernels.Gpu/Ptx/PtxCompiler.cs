using System.Text.RegularExpressions;
using ILGPU;
using ILGPU.Backends.EntryPoints;
using ILGPU.Backends.PTX;
using ILGPU.Runtime;
using ILGPU.Runtime.Cuda;

namespace ForgePrune.Kernels.Gpu;

/// <summary>Compiles kernels to PTX; no GPU is needed for it, and the same kernel always gives the same text.</summary>
internal static partial class PtxCompiler
{
    /// <summary>The targets that kernels can be compiled for.</summary>
    public static IReadOnlyList<string> Targets { get; } = ["sm_70", "sm_75", "sm_80", "sm_86", "sm_90"];

    /// <summary>Whether a kernel exists for a target: those for tensor cores need sm_80 or later.</summary>
    public static bool Supports(KernelEntry kernel, string target) => !kernel.TensorCores || Architecture(target).Major >= 8;

    /// <summary>PTX of one kernel.</summary>
    /// <param name="target">One of <see cref="Targets"/>. ILGPU writes sm_80 for all that came after it; the driver compiles that further.</param>
    public static CompiledPtx Compile(KernelEntry kernel, string target)
    {
        var architecture = Architecture(target);
        // A context for each kernel: one that failed would break all later ones of its context.
        using var context = Context.Create(builder => builder.Optimize(OptimizationLevel.O1));
        using var backend = new PTXBackend(context, new CudaCapabilityContext(architecture), architecture, CudaInstructionSet.ISA_70, null);
        var entry = kernel.Grouping == Grouping.Groups
            ? EntryPointDescription.FromExplicitlyGroupedKernel(kernel.Method)
            : EntryPointDescription.FromImplicitlyGroupedKernel(kernel.Method);
        var specialization = kernel.Grouping == Grouping.Groups ? new KernelSpecialization(kernel.Lanes, null) : KernelSpecialization.Empty;
        var text = Renumber(((PTXCompiledKernel)backend.Compile(entry, specialization)).PTXAssembly);
        var head = EntryHead().Match(text);
        var declared = Parameter().Matches(head.Groups["parameters"].Value).Select(Declared).ToArray();
        var shared = SharedBytes().Matches(text).Sum(match => int.Parse(match.Groups["bytes"].Value));
        // ILGPU names entry points after methods, and several kernels have a method of one name.
        return new(text.Replace($" {head.Groups["name"].Value}(", $" {kernel.Name}("), declared, shared);
    }

    /// <summary>ILGPU numbers what it names by a count over the whole process; counted within the kernel, the text depends on the kernel alone.</summary>
    private static string Renumber(string text)
    {
        var numbers = new Dictionary<string, int>();
        return Number().Replace(text, match =>
        {
            if (!numbers.TryGetValue(match.Groups["number"].Value, out var own))
                numbers.Add(match.Groups["number"].Value, own = numbers.Count);
            return $"_{own}";
        });
    }

    private static PtxDeclaration Declared(Match match) => new(
        match.Value.Trim(),
        match.Groups["length"].Success ? int.Parse(match.Groups["length"].Value) : int.Parse(match.Groups["bits"].Value) / 8);

    private static CudaArchitecture Architecture(string target) => target switch
    {
        "sm_70" => CudaArchitecture.SM_70,
        "sm_75" => CudaArchitecture.SM_75,
        "sm_80" => CudaArchitecture.SM_80,
        "sm_86" => CudaArchitecture.SM_86,
        "sm_90" => CudaArchitecture.SM_90,
        _ => throw new ArgumentException($"'{target}' is no target that kernels are compiled for; allowed are {string.Join(", ", Targets)}."),
    };

    [GeneratedRegex(@"(?<!sm)_(?<number>\d+)\b")]
    private static partial Regex Number();

    [GeneratedRegex(@"\.entry\s+(?<name>\w+)\s*\((?<parameters>[^)]*)\)")]
    private static partial Regex EntryHead();

    [GeneratedRegex(@"\.param\s+(\.align\s+\d+\s+)?\.[bfsu](?<bits>\d+)\s+\w+(\[(?<length>\d+)\])?")]
    private static partial Regex Parameter();

    [GeneratedRegex(@"\.shared\s+\.align\s+\d+\s+\.b8\s+\w+\[(?<bytes>\d+)\]")]
    private static partial Regex SharedBytes();
}

/// <summary>A compiled kernel.</summary>
/// <param name="Text">The PTX; its entry point has the kernel's name.</param>
/// <param name="Parameters">The declarations of its parameters, in order.</param>
/// <param name="SharedBytes">Bytes of shared memory of a group.</param>
internal sealed record CompiledPtx(string Text, IReadOnlyList<PtxDeclaration> Parameters, int SharedBytes);

/// <summary>A parameter as PTX declares it.</summary>
/// <param name="Text">The declaration.</param>
/// <param name="Bytes">Its size.</param>
internal sealed record PtxDeclaration(string Text, int Bytes);
