using System.Diagnostics;
using System.Text;
using ForgePrune.Gguf.Tests.Exits;
using LLama;
using LLama.Common;
using LLama.Native;

namespace ForgePrune.Gguf.Tests;

/// <summary>A GGUF file in llama.cpp, as exactly as it computes: KV cache in float32, no flash attention.</summary>
internal sealed class LlamaCpp : IDisposable
{
    private const int Context = 256;

    // The page's figures are of two. Threads of llama.cpp wait for each other in a loop: beside another suite, two of them take many times as long as one.
    private static readonly int Threads = ExitsFile.Writes ? 2 : 1;

    private readonly LLamaWeights weights;
    private readonly ModelParams settings;

    static LlamaCpp() => NativeLibraryConfig.All.WithLogCallback(Heard);

    private LlamaCpp(ModelParams settings) => (this.settings, weights) = (settings, Load(settings));

    /// <summary>What llama.cpp said since the last call that failed.</summary>
    private static StringBuilder Said { get; } = new();

    public static LlamaCpp Open(string folder) => new(new ModelParams(Path.Combine(folder, GgufExporter.ModelFile))
    {
        ContextSize = Context,
        BatchSize = Context,
        GpuLayerCount = 0,
        Threads = Threads,
        BatchThreads = Threads,
        TypeK = GGMLType.GGML_TYPE_F32,
        TypeV = GGMLType.GGML_TYPE_F32,
        FlashAttention = false,
    });

    public IReadOnlyDictionary<string, string> Metadata => weights.Metadata;

    /// <summary>Logits (ids × vocab) of one sequence.</summary>
    public float[] Logits(int[] ids)
    {
        using var context = weights.CreateContext(settings);
        return Append(context, ids, 0);
    }

    /// <summary>The most likely id, step by step through the cache.</summary>
    public int[] Greedy(int[] prompt, int count)
    {
        using var context = weights.CreateContext(settings);
        var (ids, logits) = (new List<int>(prompt), Append(context, prompt, 0));
        var vocab = logits.Length / prompt.Length;
        for (var i = 0; i < count; i++)
        {
            var last = logits[^vocab..];
            ids.Add(Array.IndexOf(last, last.Max()));
            logits = Append(context, [ids[^1]], ids.Count - 1);
        }

        return [.. ids.Skip(prompt.Length)];
    }

    /// <summary>Seconds of reading a prompt, whose last logits alone are computed, and of the steps after it.</summary>
    public (double Prompt, double Steps) Seconds(int[] prompt, int steps)
    {
        using var context = weights.CreateContext(settings);
        var clock = Stopwatch.StartNew();
        var batch = new LLamaBatch();
        foreach (var (position, id) in prompt.Index())
            batch.Add(id, position, LLamaSeqId.Zero, logits: position == prompt.Length - 1);
        Assert.That(context.Decode(batch), Is.EqualTo(DecodeResult.Ok));
        _ = context.NativeHandle.GetLogitsIth(prompt.Length - 1)[0];
        var read = clock.Elapsed.TotalSeconds;
        for (var step = 0; step < steps; step++)
            Append(context, [prompt[step % prompt.Length]], prompt.Length + step);
        return (read, clock.Elapsed.TotalSeconds - read);
    }

    public int[] Encode(string text, bool addSpecial = false) =>
        [.. weights.Tokenize(text, addSpecial, special: false, Encoding.UTF8).Select(token => (int)token)];

    public void Dispose() => weights.Dispose();

    private static float[] Append(LLamaContext context, int[] ids, int position)
    {
        var batch = new LLamaBatch();
        foreach (var id in ids)
            batch.Add(id, position++, LLamaSeqId.Zero, logits: true);
        Assert.That(context.Decode(batch), Is.EqualTo(DecodeResult.Ok));
        return [.. Enumerable.Range(0, ids.Length).SelectMany(row => context.NativeHandle.GetLogitsIth(row).ToArray())];
    }

    private static LLamaWeights Load(ModelParams settings)
    {
        Said.Clear();
        try
        {
            return LLamaWeights.LoadFromFile(settings);
        }
        catch (Exception fault) when (fault is LLama.Exceptions.RuntimeError or LLama.Exceptions.LoadWeightsFailedException)
        {
            throw new AssertionException($"{fault.Message}: {Said}", fault);
        }
    }

    private static void Heard(LLamaLogLevel level, string message)
    {
        if (level is LLamaLogLevel.Error or LLamaLogLevel.Warning)
            Said.Append(message);
    }
}
