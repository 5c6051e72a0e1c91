using System.Globalization;
using ForgePrune.Errors;

namespace ForgePrune.Serving;

/// <summary>What exported models run on: what ONNX Runtime calls an execution provider, with the number of its GPU.</summary>
public sealed record ServingProvider
{
    private const string CpuKind = "cpu", CudaKind = "cuda", BFloat16Mark = "/bf16", GraphMark = "/graph";

    private const int MostGpus = 1000;

    private ServingProvider(int? cudaIndex, bool bfloat16 = false, bool cudaGraph = false) =>
        (CudaIndex, BFloat16, CudaGraph) = (cudaIndex, bfloat16, cudaGraph);

    /// <summary>The processor.</summary>
    public static ServingProvider Cpu { get; } = new(cudaIndex: null);

    /// <summary>The number of the CUDA GPU, from 0; null on the processor.</summary>
    public int? CudaIndex { get; }

    /// <summary>Whether a GPU serves in bfloat16, and not in float16: for models whose values float16 does not hold.</summary>
    public bool BFloat16 { get; }

    /// <summary>Whether decode steps that are timed are captured and replayed as CUDA graphs.</summary>
    public bool CudaGraph { get; }

    /// <summary>What it is without the number: cpu, cuda, cuda/bf16, cuda/graph. Results and times are known by it, since GPUs of one machine are as a rule
    /// alike.</summary>
    public string Kind => CudaIndex is null ? CpuKind : CudaKind + Mark;

    /// <summary>As <see cref="Parse"/> reads it: cpu, cuda, cuda:1, cuda:1/bf16, cuda:1/bf16/graph.</summary>
    public string Name => CudaIndex is > 0 and { } index ? string.Create(CultureInfo.InvariantCulture, $"{CudaKind}:{index}{Mark}") : Kind;

    private string Mark => (BFloat16 ? BFloat16Mark : "") + (CudaGraph ? GraphMark : "");

    /// <summary>A GPU of NVIDIA.</summary>
    /// <param name="index">Its number, from 0, as CUDA counts.</param>
    /// <exception cref="ArgumentOutOfRangeException">The number is negative or beyond 999.</exception>
    public static ServingProvider Cuda(int index = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, MostGpus);
        return new(index);
    }

    /// <summary>The same GPU, with decode steps captured and replayed as CUDA graphs where they are timed.</summary>
    /// <exception cref="BadInputException">It is the processor, which has none.</exception>
    public ServingProvider WithCudaGraph() => CudaIndex is null
        ? throw new BadInputException(
            "`Provider.CudaGraph` captures decode steps of a GPU, and `Provider` is cpu; set it to cuda, or leave `Provider.CudaGraph` out")
        : new(CudaIndex, BFloat16, cudaGraph: true);

    /// <summary>Reads cpu, cuda, or a GPU by its number, such as cuda:1; behind it /bf16 for one that serves in bfloat16, and then /graph for
    /// <see cref="WithCudaGraph"/>.</summary>
    /// <exception cref="BadInputException">It is none of them.</exception>
    public static ServingProvider Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var (rest, graph) = Without(GraphMark, text);
        (rest, var bfloat16) = Without(BFloat16Mark, rest);
        var provider = rest.Split(':') switch
        {
            [CpuKind] when !bfloat16 => Cpu,
            [CudaKind] => new(0, bfloat16),
            [CudaKind, var number] when int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var index) && index < MostGpus =>
                new(index, bfloat16),
            _ => throw new BadInputException($"`Provider` '{text}' is unknown; use cpu, cuda, or a second GPU as cuda:1"),
        };
        return graph ? provider.WithCudaGraph() : provider;
    }

    /// <summary>The same GPU in bfloat16.</summary>
    /// <exception cref="InvalidOperationException">It is the processor.</exception>
    internal ServingProvider InBFloat16() =>
        CudaIndex is null ? throw new InvalidOperationException("the processor computes in float32") : new(CudaIndex, bfloat16: true, CudaGraph);

    private static (string Before, bool Has) Without(string mark, string text) =>
        text.EndsWith(mark, StringComparison.Ordinal) ? (text[..^mark.Length], true) : (text, false);

    /// <summary>The name.</summary>
    public override string ToString() => Name;
}
