using ForgePrune.Onnx;

namespace ForgePrune.GpuPerf;

/// <summary>A dense and a pruned export in turns on ONNX Runtime's CUDA provider.</summary>
internal static class ExportRows
{
    private const string Cuda = "CUDAExecutionProvider";

    public static void Add(Table table, Usage usage)
    {
        const string what = "exports on ONNX Runtime";
        var libraries = OnnxLibraries.Look();
        // Tiny runs show the way through on the processor.
        var provider = usage.Tiny ? "CPUExecutionProvider" : Cuda;
        if (usage.Dense is null || usage.Pruned is null)
            table.Skip(what, "left out: name two with --dense and --pruned");
        else if (!libraries.Providers.Contains(provider))
            table.Skip(what, $"left out: this publish's ONNX Runtime has {string.Join(", ", libraries.Providers)}; put the GPU build's libonnxruntime*.so of the same version beside the program");
        else if (table.HasTime(what, 60))
            Time(table, usage.Dense, usage.Pruned, provider, usage.Tiny ? 16 : 512);
    }

    private static void Time(Table table, string dense, string pruned, string provider, int prompt)
    {
        using ExportTimer first = new(dense, provider, prompt), second = new(pruned, provider, prompt);
        table.Add($"prompt of {prompt} tokens", 0, second.Prefill, first.Prefill, $"ours pruned, theirs dense, {provider}");
        table.Add("one more token", 0, second.Decode, first.Decode, $"ours pruned, theirs dense, {provider}");
    }
}
