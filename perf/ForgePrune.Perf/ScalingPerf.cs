using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using ForgePrune.Model;
using ForgePrune.Tokens;
using ForgePrune.Tokens.Text;

namespace ForgePrune.Perf;

/// <summary>How long the stages that processes share take with one, two and three workers of one thread each, and whether all leave the same bytes. The model
/// is made: times depend on its shape alone.</summary>
internal sealed class ScalingPerf(string folder, string model, string text, int tokens)
{
    private const int Vocab = 4096, Window = 32, Seed = 1;

    private static readonly string[] Stages = ["borders", "calibration", "levels", "prices", "plans"];

    /// <param name="folder">Of model and runs; a model that is there is used.</param>
    /// <param name="layers">Of 9.4 million weights each where <paramref name="hidden"/> is 1024: 20 of them make 0.2 billion.</param>
    /// <param name="tokens">Of calibration.</param>
    /// <param name="workers">How many, one measurement each; the first is what the others are compared with.</param>
    /// <returns>0 where all leave the same bytes.</returns>
    public static int Run(string folder, int layers, int hidden, int tokens, int[] workers)
    {
        folder = Path.GetFullPath(folder);
        var (model, text) = (Path.Combine(folder, $"model-{layers}x{hidden}"), Path.Combine(folder, $"text-{tokens}.bin"));
        if (!Directory.Exists(model))
        {
            Directory.CreateDirectory(folder);
            File.WriteAllText(Path.Combine(folder, "config.json"), Config(layers, hidden).ToJsonString());
            SyntheticCheckpoint.Write(Path.Combine(folder, "config.json"), model, Seed);
        }

        var random = new Random(Seed);
        TokenFile.Write(text, new TokenWindows(Window, [.. Enumerable.Range(0, tokens).Select(_ => random.Next(3, Vocab))]));
        Console.WriteLine($"{layers} layers of width {hidden}, {tokens} tokens, workers of one thread each on {Environment.ProcessorCount} processors");
        var perf = new ScalingPerf(folder, model, text, tokens);
        var measured = workers.Select(perf.Measure).ToArray();
        if (measured.Contains(null))
            return 3;
        Show(workers, measured!);
        return measured.All(one => one!.Select(stage => stage.Bytes).SequenceEqual(measured[0]!.Select(stage => stage.Bytes))) ? 0 : 1;
    }

    /// <summary>Null after a fault, which is printed.</summary>
    private StageTimes[]? Measure(int workers)
    {
        var run = Path.Combine(folder, $"by-{workers}");
        if (Directory.Exists(run))
            Directory.Delete(run, recursive: true);
        if (!Done("prune", model, "--out", run, "--target", "0.6", "--metric", "prunable", "--calibration", text, "--window", $"{Window}",
            "--tokens", $"{tokens}", "--threads", "1", "--quick", "--memory", "1GB", "--plan-jobs"))
            return null;
        var times = new List<StageTimes>();
        foreach (var stage in Stages)
        {
            var clock = Stopwatch.StartNew();
            if (!Done("jobs", "collect", run, "--before", stage))
                return null;
            var collected = clock.Elapsed;
            Process[] processes =
                [.. Enumerable.Range(1, workers).Select(worker => Start("jobs", "work", run, "--stage", stage, "--part", $"{worker}/{workers}"))];
            if (processes.Count(Ends) < workers)
                return null;
            times.Add(new(stage, collected.TotalSeconds, (clock.Elapsed - collected).TotalSeconds, BytesOf(Path.Combine(run, "parts"), stage)));
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"{workers} workers, {stage}: {times[^1].Work:0.0} s after {times[^1].Collect:0.0} s of whoever collects"));
        }

        return [.. times];
    }

    /// <summary>One hash over names and bytes of all items of a stage, its key among them.</summary>
    private static string BytesOf(string parts, string stage)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var files = Directory.GetDirectories(parts, $"{stage}-*").SelectMany(place => Directory.GetFiles(place, "*", SearchOption.AllDirectories))
            .Order(StringComparer.Ordinal);
        var count = 0;
        foreach (var file in files)
        {
            hash.AppendData(System.Text.Encoding.UTF8.GetBytes(Path.GetRelativePath(parts, file)));
            hash.AppendData(File.ReadAllBytes(file));
            count++;
        }

        return $"{Convert.ToHexStringLower(hash.GetHashAndReset())[..12]} of {count} files";
    }

    private static void Show(int[] workers, StageTimes[][] measured)
    {
        Console.WriteLine($"| stage | {string.Join(" | ", workers.Select(count => count == 1 ? "1 worker" : $"{count} workers"))} | bytes |");
        Console.WriteLine($"|---|{string.Concat(workers.Select(_ => "---|"))}---|");
        for (var stage = 0; stage < Stages.Length; stage++)
        {
            string[] bytes = [.. measured.Select(one => one[stage].Bytes).Distinct()];
            Row(Stages[stage], [.. measured.Select(one => one[stage].Work)], bytes is [var same] ? same : "differ");
        }

        Row("together", [.. measured.Select(one => one.Sum(stage => stage.Work))], "");
        Row("collectors", [.. measured.Select(one => one.Sum(stage => stage.Collect))], "", efficiency: false);

        void Row(string name, double[] seconds, string bytes, bool efficiency = true) => Console.WriteLine(
            $"| {name} | {string.Join(" | ", seconds.Select((one, index) => index == 0 || !efficiency ? Text($"{one:0.0} s")
                : Text($"{one:0.0} s, {100 * workers[0] * seconds[0] / (workers[index] * one):0} %")))} | {bytes} |");
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    private static bool Done(params string[] words) => Ends(Start(words));

    private static Process Start(params string[] words) =>
        Process.Start(new ProcessStartInfo("./forgeprune", words) { RedirectStandardOutput = true, RedirectStandardError = true })!;

    private static bool Ends(Process process)
    {
        using (process)
        {
            var output = process.StandardOutput.ReadToEndAsync();
            var complaint = process.StandardError.ReadToEnd();
            process.WaitForExit();
            if (process.ExitCode != 0)
                Console.Error.WriteLine($"{string.Join(' ', process.StartInfo.ArgumentList)}\n{output.Result}{complaint}");
            return process.ExitCode == 0;
        }
    }

    /// <summary>Heads of 128, two queries to each KV group, and twice as many channels as the model is wide.</summary>
    private static JsonObject Config(int layers, int hidden) => new()
    {
        ["architectures"] = new JsonArray("LlamaForCausalLM"),
        ["model_type"] = "llama",
        ["hidden_act"] = "silu",
        ["hidden_size"] = hidden,
        ["intermediate_size"] = 2 * hidden,
        ["num_hidden_layers"] = layers,
        ["num_attention_heads"] = hidden / 128,
        ["num_key_value_heads"] = hidden / 256,
        ["head_dim"] = 128,
        ["vocab_size"] = Vocab,
        ["max_position_embeddings"] = 2048,
        ["rms_norm_eps"] = 1e-5,
        ["rope_theta"] = 10000.0,
        ["bos_token_id"] = 1,
        ["eos_token_id"] = 2,
        ["tie_word_embeddings"] = false,
        ["torch_dtype"] = "bfloat16",
    };

    /// <param name="Collect">Seconds of whoever collects, before the workers begin.</param>
    /// <param name="Work">Seconds from the start of the first worker to the end of the last.</param>
    /// <param name="Bytes">Of all items.</param>
    private sealed record StageTimes(string Stage, double Collect, double Work, string Bytes);
}
