using ForgePrune.Onnx;
using Microsoft.ML.OnnxRuntime;

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
            table.Skip(what, $"left out: this publish's ONNX Runtime has {string.Join(", ", libraries.Providers)}; pack it with --cuda-provider");
        else if (table.HasTime(what, 60))
            try
            {
                Time(table, usage.Dense, usage.Pruned, provider, usage.Tiny ? 16 : 512);
            }
            catch (OnnxRuntimeException refusal)
            {
                // A library of CUDA that is missing, for one.
                table.Skip(what, $"left out: {refusal.Message.ReplaceLineEndings(" ")}");
            }
    }

    private static void Time(Table table, string dense, string pruned, string provider, int prompt)
    {
        using ExportTimer first = new(dense, provider, prompt), second = new(pruned, provider, prompt);
        table.Add($"prompt of {prompt} tokens", 0, second.Prefill, first.Prefill, $"ours pruned, theirs dense, {provider}");
        table.Add("one more token", 0, second.Decode, first.Decode, $"ours pruned, theirs dense, {provider}");
    }
}
