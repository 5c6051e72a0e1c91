using System.Globalization;
using ForgePrune.Errors;

namespace ForgePrune.Serving;

/// <summary>What exported models run on: what ONNX Runtime calls an execution provider, with the number of its GPU.</summary>
public sealed record ServingProvider
{
    private const string CpuKind = "cpu", CudaKind = "cuda", Graph = "/graph";

    private const int MostGpus = 1000;

    private ServingProvider(int? cudaIndex, bool cudaGraph = false) => (CudaIndex, CudaGraph) = (cudaIndex, cudaGraph);

    /// <summary>The processor.</summary>
    public static ServingProvider Cpu { get; } = new(cudaIndex: null);

    /// <summary>The number of the CUDA GPU, from 0; null on the processor.</summary>
    public int? CudaIndex { get; }

    /// <summary>Whether decode steps that are timed are captured and replayed as CUDA graphs.</summary>
    public bool CudaGraph { get; }

    /// <summary>What it is without the number: cpu, cuda, or cuda/graph. Results and times are known by it, since GPUs of one machine are as a rule
    /// alike.</summary>
    public string Kind => (CudaIndex is null ? CpuKind : CudaKind) + Suffix;

    /// <summary>As <see cref="Parse"/> reads it: cpu, cuda, cuda:1, cuda:1/graph.</summary>
    public string Name => CudaIndex is > 0 and { } index ? string.Create(CultureInfo.InvariantCulture, $"{CudaKind}:{index}{Suffix}") : Kind;

    private string Suffix => CudaGraph ? Graph : "";

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
        : new(CudaIndex, cudaGraph: true);

    /// <summary>Reads cpu, cuda, or a GPU by its number, such as cuda:1; with /graph behind it, see <see cref="WithCudaGraph"/>.</summary>
    /// <exception cref="BadInputException">It is none of them.</exception>
    public static ServingProvider Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (text.EndsWith(Graph, StringComparison.Ordinal))
            return Parse(text[..^Graph.Length]).WithCudaGraph();
        return text.Split(':') switch
        {
            [CpuKind] => Cpu,
            [CudaKind] => Cuda(),
            [CudaKind, var number] when int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var index) && index < MostGpus => Cuda(index),
            _ => throw new BadInputException($"`Provider` '{text}' is unknown; use cpu, cuda, or a second GPU as cuda:1"),
        };
    }

    /// <summary>The name.</summary>
    public override string ToString() => Name;
}
