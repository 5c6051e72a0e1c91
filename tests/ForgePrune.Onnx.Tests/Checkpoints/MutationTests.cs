using System.Collections.Frozen;
using ForgePrune.Checkpoints;
using ForgePrune.Errors;
using ForgePrune.Testing;
using ForgePrune.Testing.Reference;

namespace ForgePrune.Onnx.Tests.Checkpoints;

/// <summary>Mutates config.json, safetensors headers and shard indexes of sound checkpoints as JSON. Whatever comes, one sentence refuses it, or it
/// computes what the changed files say.</summary>
public sealed class MutationTests
{
    private const int Bases = 24;

    /// <summary>Keys that configs of these and of other families have, and those inside their objects.</summary>
    private static readonly string[] ConfigKeys =
    [
        "model_type", "architectures", "hidden_size", "num_attention_heads", "num_key_value_heads", "num_hidden_layers", "head_dim", "intermediate_size",
            "vocab_size",
        "max_position_embeddings", "rms_norm_eps", "rope_theta", "rope_scaling", "rope_parameters", "hidden_act", "tie_word_embeddings", "attention_bias",
            "mlp_bias", "sliding_window",
        "use_sliding_window", "max_window_layers", "layer_types", "bos_token_id", "eos_token_id", "partial_rotary_factor", "quantization_config", "text_config",
            "auto_map", "is_causal",
        "attention_multiplier", "logits_scaling", "no_rope_layers", "original_max_position_embeddings", "rope_type", "type", "factor", "low_freq_factor",
            "high_freq_factor",
        "full_attention", "sliding_attention", "forgeprune", "layers", "kv_heads", "query_heads", "ffn", "qkv_bias", "output_bias", "gate_up_bias", "down_bias",
            "qk_norm", "family", "version",
        "pretraining_tp", "torch_dtype", "no_rope_layer_interval", "embedding_multiplier", "residual_multiplier", "beta_fast", "attention_factor", "truncate",
    ];

    private static readonly FrozenSet<string> Mutated = new[] { "config.json", "model.safetensors.index.json" }.ToFrozenSet();

    [Test]
    [Category("Slow")]
    public void Mutated_checkpoints_are_refused_in_one_sentence_or_compute_what_they_say()
    {
        int count = Fuzz.Count(1500), seed = Fuzz.Seed(20265);
        TestContext.Out.WriteLine($"{count} mutations, seed {seed}");
        var random = new Random(seed);
        using var folder = new TemporaryFolder();
        var files = Targets(folder, seed);
        var counts = new Dictionary<Outcome, int>();
        for (var round = 0; round < count; round++)
        {
            var (path, file) = files[random.Next(files.Count)];
            var sound = File.ReadAllBytes(file);
            var text = Mutate(random, file);
            var outcome = Try(path, round, text);
            counts[outcome] = counts.GetValueOrDefault(outcome) + 1;
            File.WriteAllBytes(file, sound);
        }

        TestContext.Out.WriteLine(string.Join(", ", counts.OrderBy(pair => pair.Key).Select(pair => $"{pair.Value} {pair.Key}")));
        Assert.That(counts.GetValueOrDefault(Outcome.Equal), Is.GreaterThan(count / 20), "a fuzz that is always refused judges nothing");
        Assert.That(counts.GetValueOrDefault(Outcome.Refused), Is.GreaterThan(count / 20));
        Assert.That(counts.GetValueOrDefault(Outcome.BeyondFloat32), Is.LessThan(count / 50));
    }

    private static Outcome Try(string path, int round, string text)
    {
        try
        {
            using var model = DecoderModel.Open(path);
            if (model.Config.MaxPositions < 2)
                return Outcome.OnePosition;
            var ids = Judged.Ids(model, round);
            var found = Judged.Blocks(model, ids);
            var expected = new RawCheckpoint(path).Logits(ids);
            var distance = Judged.Distance(found, expected);
            if (distance < Judged.Tolerance)
                return Outcome.Equal;
            Assert.That(Judged.IsBeyondFloat32(path, ids, expected), $"round {round}: logits differ by {distance:0.0e+0} of the largest\n{path}\n{text}");
            return Outcome.BeyondFloat32;
        }
        catch (BadInputException e)
        {
            var message = e.Message.Replace(path, "PATH", StringComparison.Ordinal);
            Assert.That(message, Does.EndWith(".").And.Not.Contain("\n").And.Not.Contain(". ").And.Match("; [a-z]"), $"round {round}\n{text}");
            return Outcome.Refused;
        }
        catch (Exception e) when (e is not AssertionException)
        {
            Assert.Fail($"round {round}: {e}\n{path}\n{text}");
            throw;
        }
    }

    /// <summary>Config, header or index of every base.</summary>
    private static List<(string Folder, string File)> Targets(TemporaryFolder folder, int seed)
    {
        var targets = new List<(string Folder, string File)>();
        for (var i = 0; i < Bases; i++)
        {
            var path = folder[$"base{i}"];
            // Every eighth is ForgePrune's own, with a shape per layer.
            if (i % 8 == 0)
                CheckpointWriter.Write(SyntheticModels.Random(SyntheticModels.Config(2, 12, 4, 2, 4, 7, 19) with
                {
                    OutputBias = true,
                    Layers = [new(2, 4, 7), new(1, 2, 0)]
                }, seed + i), path);
            else
                RandomCheckpoint.Write(seed + i, path);
            using (DecoderModel.Open(path))
                targets.AddRange(Directory.GetFiles(path).Where(file => Mutated.Contains(Path.GetFileName(file))
                    || file.EndsWith(".safetensors", StringComparison.Ordinal)).Select(file => (path, file)));
            // Half of all mutations are of configs.
            targets.AddRange(Enumerable.Repeat((path, Path.Combine(path, "config.json")), 2));
        }

        return targets;
    }

    private static string Mutate(Random random, string file)
    {
        var text = "";
        if (!file.EndsWith(".safetensors", StringComparison.Ordinal))
        {
            text = new JsonMutation(random, ConfigKeys).Apply(File.ReadAllText(file));
            File.WriteAllText(file, text);
            return text;
        }

        SyntheticCheckpoint.EditHeader(file, header => text = new JsonMutation(random, HeaderKeys).Apply(header));
        return text;
    }

    private static string[] HeaderKeys =>
    [
        "dtype", "shape", "data_offsets", "__metadata__", "model.norm.weight", "norm.weight", "lm_head.weight", "model.embed_tokens.weight",
            "embed_tokens.weight",
        "model.layers.0.self_attn.q_proj.weight", "model.layers.0.self_attn.k_proj.weight", "model.layers.0.self_attn.v_proj.weight",
            "model.layers.0.self_attn.q_proj.bias",
        "model.layers.0.mlp.gate_proj.weight", "model.layers.0.mlp.up_proj.weight", "model.layers.0.self_attn.rotary_emb.inv_freq",
            "model.layers.0.self_attn.q_proj.qweight",
    ];

    private enum Outcome
    {
        Equal,
        Refused,
        BeyondFloat32,

        /// <summary>No window fits.</summary>
        OnePosition,
    }
}
