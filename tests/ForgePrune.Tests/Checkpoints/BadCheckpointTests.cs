using System.Text.Json.Nodes;
using ForgePrune.Checkpoints;
using ForgePrune.Model;
using ForgePrune.Testing;
using ForgePrune.Testing.Reference;

namespace ForgePrune.Tests.Checkpoints;

/// <summary>Spoils a good checkpoint in one way per case and expects the sentence for it.</summary>
public sealed class BadCheckpointTests
{
    private const string Weights = "model.safetensors", Config = "config.json", Index = "model.safetensors.index.json";
    private const string Query = "model.layers.0.self_attn.q_proj.weight", Norm = "model.norm.weight";

    private static IEnumerable<TestCaseData> Headers()
    {
        yield return Bytes("An_empty_file", _ => [], "length prefix");
        yield return Bytes("Five_bytes", bytes => bytes[..5], "length prefix");
        yield return Bytes("A_length_beyond_the_file", bytes => [0xFF, 0xFF, 0xFF, 0, .. bytes[4..]], "claims");
        yield return Bytes("A_length_of_2_to_the_64", bytes => [.. Enumerable.Repeat((byte)0xFF, 8), .. bytes[8..]], "claims");
        yield return Bytes("A_file_cut_by_one_byte", bytes => bytes[..^1], "data_offsets");
        yield return Bytes("A_file_longer_by_one_byte", bytes => [.. bytes, 0], "follow the last tensor");
        yield return Bytes("No_JSON", bytes => [.. bytes[..8], (byte)'x', .. bytes[9..]], "header is wrong");
        yield return Bytes("No_UTF8", bytes => [.. bytes[..10], 0xFF, .. bytes[11..]], "UTF-8");
        yield return Header("A_list_as_header", header => "[" + header + "]", "a list");
        yield return Header("A_name_twice", header => header.Replace("q_proj", "k_proj"), "header is wrong");
        yield return Header("Half_a_surrogate", header => header.Replace("\"pt\"", "\"\\ud800\""), "header is wrong");
        yield return Header("Metadata_of_numbers", header => header.Replace("\"pt\"", "1"), "__metadata__");
        yield return Header("An_unknown_dtype", header => ReplaceFirst(header, "F32", "F31"), "dtype 'F31'");
        yield return Header("A_negative_dimension", header => ReplaceFirst(header, "[64,32]", "[-64,32]"), "whole numbers");
        yield return Header("A_fractional_dimension", header => ReplaceFirst(header, "[64,32]", "[64.5,32]"), "whole numbers");
        yield return Header("A_shape_that_overflows", header => ReplaceFirst(header, "[64,32]", "[9223372036854775807,9223372036854775807]"), "size");
        yield return Header("A_shape_that_lies", header => ReplaceFirst(header, "[64,32]", "[64,33]"), "need 8448");
        yield return Header("Offsets_in_reverse", header => ReplaceFirst(header, "[0,8192]", "[8192,0]"), "data_offsets");
        yield return Header("Three_offsets", header => ReplaceFirst(header, "[0,8192]", "[0,8192,8192]"), "data_offsets");
        yield return Header("Overlapping_tensors", header => ReplaceFirst(header, "[8192,8320]", "[8064,8192]"), "comes next");
        yield return Header("No_shape", header => ReplaceFirst(header, "\"shape\"", "\"form\""), "shape");
        yield return Header("A_tensor_that_is_a_number", header => ReplaceFirst(header, "{\"__metadata__\"", "{\"x\":1,\"__metadata__\""), "'x'");
        yield return Header("Nested_too_deep", _ => string.Concat(Enumerable.Repeat("{\"a\":", 100)), "header is wrong");
        yield return Case("A_hole_between_tensors", folder => Spoil(folder, header => header.Replace("[8192,8320]", "[8196,8324]"),
            data => [.. data, 0, 0, 0, 0]), Weights, "comes next");
    }

    private static void Rename(string folder, string name) => File.Move(Path.Combine(folder, Weights), Path.Combine(folder, name));

    private static IEnumerable<TestCaseData> Tensors()
    {
        yield return Header("A_missing_tensor", header => header.Replace(Norm, "model.layers.0.rotary_emb.inv_freq"), $"'{Norm}' is missing");
        yield return Header("An_unexpected_tensor", header => header.Replace(Query, "model.layers.0.self_attn.q_proj.bios"), $"'{Query}' is missing");
        yield return Case("A_layer_too_many", folder => SyntheticCheckpoint.EditConfig(folder, c => c["num_hidden_layers"] = 1), Weights, "belongs to nothing");
        yield return Case("A_layer_too_few", folder => SyntheticCheckpoint.EditConfig(folder, c => c["num_hidden_layers"] = 3), Weights, "missing");
        yield return Case("A_wrong_shape", folder => SyntheticCheckpoint.EditConfig(folder, c => c["intermediate_size"] = 40), Weights, "has shape [48, 32]");
        yield return Case("An_untied_head_that_is_missing", folder => SyntheticCheckpoint.EditConfig(folder, c => c["tie_word_embeddings"] = false), Weights,
            "tie_word_embeddings");
        yield return Case("Biases_that_are_missing", folder => SyntheticCheckpoint.EditConfig(folder, c => c["attention_bias"] = true), Weights, "q_proj.bias");
        yield return Header("A_dtype_that_is_not_read", header => ReplaceFirst(header, "F32", "I32"), "dtype I32");
        yield return Case("A_NaN", folder => Poke(folder, 4 * 77, float.NaN), Weights, "index 77");
        yield return Case("An_infinity", folder => Poke(folder, 4 * 2047, float.NegativeInfinity), Weights, "index 2047");
        yield return Header("Quantized_weights_of_which_the_config_says_nothing", header => header.Replace(Query, Query.Replace(".weight", ".qweight")),
            "quantized");
        yield return Header("Scales_beside_weights", header => header.Replace(Norm, Norm + "_scale"), "quantized");
        yield return Header("A_decoder_inside_another_model", header => header.Replace("\"model.", "\"language_model.model."),
            "'language_model.model.embed_tokens.weight' is there");
        yield return Bytes("Weights_that_are_an_LFS_pointer", _ => Pointer, "Git LFS pointer");
        yield return Case("A_config_that_is_an_LFS_pointer", folder => File.WriteAllBytes(Path.Combine(folder, Config), Pointer), Config, "Git LFS pointer");
        yield return Case("An_ONNX_model_with_a_config", folder => File.Move(Path.Combine(folder, Weights), Path.Combine(folder, "model.onnx")), "",
            "is an ONNX model ('model.onnx')");
        yield return Case("An_ONNX_model", folder =>
        {
            File.Move(Path.Combine(folder, Weights), Path.Combine(folder, "model.onnx"));
            File.Delete(Path.Combine(folder, Config));
        }, "", "is an ONNX model ('model.onnx')");
        yield return Case("Weights_of_PyTorch", folder => Rename(folder, "pytorch_model.bin"), "", "though 'pytorch_model.bin'; convert");
        yield return Case("An_adapter_alone", folder => Rename(folder, "adapter_model.safetensors"), "",
            "though 'adapter_model.safetensors'; merge the adapter");
        yield return Case("Weights_by_another_name", folder => Rename(folder, "model.fp16.safetensors"), "", "call the file model.safetensors");
        yield return Case("A_shard_counted_in_digits_of_another_script", folder => Rename(folder, "model-١-of-١.safetensors"), "",
            "call the file model.safetensors");
        yield return Case("No_weights", folder => File.Delete(Path.Combine(folder, Weights)), "", "neither model.safetensors nor");
        yield return Case("No_config", folder => File.Delete(Path.Combine(folder, Config)), "", "no config.json");
        yield return Case("A_folder_as_weights", folder =>
        {
            File.Delete(Path.Combine(folder, Weights));
            Directory.CreateDirectory(Path.Combine(folder, Weights));
        }, "", "neither model.safetensors nor");
    }

    private static IEnumerable<TestCaseData> Indexes()
    {
        yield return Shards("No_weight_map", json => json.Remove("weight_map"), "weight_map");
        yield return Shards("A_weight_map_of_numbers", json => json["weight_map"]![Norm] = 1, Norm);
        yield return Shards("A_shard_elsewhere", json => json["weight_map"]![Norm] = "../" + Weights, "file name");
        yield return Shards("A_shard_without_a_name", json => json["weight_map"]![Norm] = "", "file name");
        yield return Shards("A_shard_that_is_missing", json => json["weight_map"]![Norm] = "another.safetensors",
            "of its 12 shards, without 'another.safetensors'");
        yield return Shards("A_tensor_in_another_shard", json => json["weight_map"]![Norm] = "model-00001-of-00011.safetensors", Norm);
        yield return Shards("A_tensor_that_no_shard_has", json => json["weight_map"]!["model.more"] = "model-00001-of-00011.safetensors", "model.more");
        yield return Shards("A_tensor_that_is_not_listed", json => json["weight_map"]!.AsObject().Remove(Norm), Norm);
    }

    [TestCaseSource(nameof(Headers))]
    [TestCaseSource(nameof(Tensors))]
    [TestCaseSource(nameof(Indexes))]
    public void Refuses(Action<string> spoil, bool sharded, string names, string says)
    {
        using var folder = new TemporaryFolder();
        string checkpoint = SyntheticCheckpoint.Write(SyntheticModels.Random(SyntheticModels.Config(), seed: 1), folder["model"],
            sharded ? 10_000 : CheckpointWriter.DefaultShardLimit);
        using (CheckpointModel sound = DecoderModel.Open(checkpoint))
            Assert.That(sound.Config.Layers, Has.Count.EqualTo(2));
        spoil(checkpoint);
        Sentence.AssertBadInput(() => DecoderModel.Open(checkpoint).Dispose(), names == "" ? checkpoint : names, says);
    }

    [Test]
    public void Refuses_a_path_that_is_not_there() =>
        Sentence.AssertBadInput(() => DecoderModel.Open("/no/such/model"), "/no/such/model", "nothing is there");

    [Test]
    public void Refuses_a_stored_head_that_differs_from_its_tied_embedding_and_accepts_one_that_does_not()
    {
        using var folder = new TemporaryFolder();
        ModelConfig untied = SyntheticModels.Config() with { TiedEmbeddings = false };
        InMemoryModel model = SyntheticModels.Random(untied, seed: 2);
        string different = SyntheticCheckpoint.Write(model, folder["different"]);
        SyntheticCheckpoint.EditConfig(different, c => c["tie_word_embeddings"] = true);
        Sentence.AssertBadInput(() => DecoderModel.Open(different), Weights, "differs from the embedding");

        var equal = new InMemoryModel(untied, model.ReadLayer, model.ReadEmbedding(), model.ReadFinalNorm(), model.ReadEmbedding());
        string same = SyntheticCheckpoint.Write(equal, folder["same"]);
        SyntheticCheckpoint.EditConfig(same, c => c["tie_word_embeddings"] = true);
        using CheckpointModel read = DecoderModel.Open(same);
        Assert.That(read.ReadHead().Values, Is.EqualTo(model.ReadEmbedding().Values));
    }

    [TestCase("F16", "F32")]
    [TestCase("BF16", "F32")]
    [TestCase("F32", "F16")]
    public void Accepts_a_tied_head_of_another_dtype_where_the_values_are_the_same(string embedding, string head)
    {
        using var folder = new TemporaryFolder();
        string checkpoint = Rewritten(folder, tensor => tensor with
        {
            Type = tensor.Name.Contains("embed") ? embedding : "F32",
            Values = [.. tensor.Values.Select(value => Math.Round(value * 16) / 16)]
        },
            tensors => [.. tensors, tensors[0] with { Name = "lm_head.weight", Type = head }]);
        using CheckpointModel read = DecoderModel.Open(checkpoint);
        Assert.That(read.ReadHead().Values, Is.EqualTo(read.ReadEmbedding().Values));
    }

    [Test]
    public void Refuses_a_tied_head_that_was_rounded()
    {
        using var folder = new TemporaryFolder();
        string checkpoint = Rewritten(folder, tensor => tensor, tensors => [.. tensors, tensors[0] with { Name = "lm_head.weight", Type = "F16" }]);
        Sentence.AssertBadInput(() => DecoderModel.Open(checkpoint), Weights, "differs from the embedding");
    }

    [Test]
    public void Accepts_names_without_a_prefix_and_counts_what_links_lead_to()
    {
        using var folder = new TemporaryFolder();
        using InMemoryModel model = SyntheticModels.Random(SyntheticModels.Config() with { TiedEmbeddings = false }, seed: 4);
        string checkpoint = SyntheticCheckpoint.Write(model, folder["model"]);
        SyntheticCheckpoint.EditHeader(Path.Combine(checkpoint, Weights), header => header.Replace("\"model.", "\""));
        Directory.CreateDirectory(folder["snapshot"]);
        File.WriteAllText(Path.Combine(checkpoint, "tokenizer.bin"), new string('x', 5000));
        foreach (string file in Directory.GetFiles(checkpoint))
            File.CreateSymbolicLink(folder[$"snapshot/{Path.GetFileName(file)}"], Path.Combine("..", "model", Path.GetFileName(file)));
        using CheckpointModel read = DecoderModel.Open(folder["snapshot"]);
        Assert.That(ModelTensors.Read(read).Zip(ModelTensors.Read(model)).All(pair => pair.First.Values.AsSpan().SequenceEqual(pair.Second.Values)));
        Assert.That((read.StoredBytes, read.Tokenizer!.Length), Is.EqualTo((new FileInfo(Path.Combine(checkpoint, Weights)).Length, 5000L)));
    }

    [Test]
    public void Shards_without_an_index_are_read_when_all_are_there_and_named_when_not()
    {
        using var folder = new TemporaryFolder();
        using InMemoryModel model = SyntheticModels.Random(SyntheticModels.Config(), seed: 5);
        string checkpoint = SyntheticCheckpoint.Write(model, folder["model"], 20_000);
        File.Delete(Path.Combine(checkpoint, Index));
        string[] shards = [.. Directory.GetFiles(checkpoint, "*.safetensors").Order(StringComparer.Ordinal)];
        Assert.That(shards, Has.Length.GreaterThan(3));
        using (CheckpointModel read = DecoderModel.Open(checkpoint))
            Assert.That(ModelTensors.Read(read).Zip(ModelTensors.Read(model)).All(pair => pair.First.Values.AsSpan().SequenceEqual(pair.Second.Values)));
        byte[] first = File.ReadAllBytes(shards[0]);
        File.WriteAllBytes(shards[^1], first);
        Sentence.AssertBadInput(() => DecoderModel.Open(checkpoint), Path.GetFileName(shards[^1]), $"is in '{Path.GetFileName(shards[0])}' too");
        File.Delete(shards[1]);
        Sentence.AssertBadInput(() => DecoderModel.Open(checkpoint), checkpoint,
            $"{shards.Length - 1} of its {shards.Length} shards, without '{Path.GetFileName(shards[1])}'");
        File.Delete(shards[2]);
        Sentence.AssertBadInput(() => DecoderModel.Open(checkpoint), checkpoint, $"without '{Path.GetFileName(shards[1])}' and 1 more");
    }

    [TestCase("model.safetensors")]
    [TestCase("config.json")]
    [TestCase("tokenizer.json")]
    [TestCase("generation_config.json")]
    public void A_link_that_leads_nowhere_is_one_sentence(string name)
    {
        using var folder = new TemporaryFolder();
        string checkpoint = SyntheticCheckpoint.Write(SyntheticModels.Random(SyntheticModels.Config(), seed: 6), folder["model"]);
        File.Delete(Path.Combine(checkpoint, name));
        File.CreateSymbolicLink(Path.Combine(checkpoint, name), "../blobs/0123");
        Sentence.AssertBadInput(() => DecoderModel.Open(checkpoint), name, "is a link to '../blobs/0123'");
    }

    [Test]
    public void A_tokenizer_that_is_an_LFS_pointer_is_one_sentence()
    {
        using var folder = new TemporaryFolder();
        Sentence.AssertBadInput(() => ForgePrune.Checkpoints.TokenizerReader.Load(folder.Write("tokenizer.json", Pointer)), "tokenizer.json",
            "Git LFS pointer");
    }

    private static byte[] Pointer => [.. "version https://git-lfs.github.com/spec/v1\noid sha256:4665a5ea423c2713\nsize 1234\n"u8];

    /// <summary>A tied checkpoint with its tensors stored anew.</summary>
    private static string Rewritten(TemporaryFolder folder, Func<Stored, Stored> change, Func<Stored[], Stored[]> all)
    {
        using InMemoryModel model = SyntheticModels.Random(SyntheticModels.Config(), seed: 7);
        string checkpoint = SyntheticCheckpoint.Write(model, folder["model"]);
        Stored[] tensors = [.. ModelTensors.Read(model).Select(tensor => change(new Stored(TensorNames.Common[tensor.Spec],
            tensor.Spec.IsVector ? [tensor.Spec.Rows] : [tensor.Spec.Rows, tensor.Spec.Cols], ReferenceModel.Wide(tensor.Values), "F32")))];
        RawWriter.Write(Path.Combine(checkpoint, Weights), all(tensors).Select(tensor => (tensor.Name, tensor.Shape, tensor.Values, tensor.Type)));
        return checkpoint;
    }

    private sealed record Stored(string Name, int[] Shape, double[] Values, string Type);

    private static TestCaseData Bytes(string name, Func<byte[], byte[]> edit, string says) => Case(name, folder =>
    {
        string file = Path.Combine(folder, Weights);
        File.WriteAllBytes(file, edit(File.ReadAllBytes(file)));
    }, Weights, says);

    private static TestCaseData Header(string name, Func<string, string> edit, string says) =>
        Case(name, folder => Spoil(folder, edit, data => data), Weights, says);

    private static TestCaseData Shards(string name, Action<JsonObject> edit, string says, string names = Index) =>
        Case(name, folder => SyntheticCheckpoint.EditJson(Path.Combine(folder, Index), edit), names, says, sharded: true);

    private static TestCaseData Case(string name, Action<string> spoil, string names, string says, bool sharded = false) =>
        new TestCaseData(spoil, sharded, names, says).SetName($"Refuses_{char.ToLowerInvariant(name[0])}{name[1..]}");

    private static void Spoil(string folder, Func<string, string> header, Func<byte[], byte[]> data)
    {
        string file = Path.Combine(folder, Weights);
        SyntheticCheckpoint.EditHeader(file, before =>
        {
            string after = header(before);
            Assert.That(after, Is.Not.EqualTo(before), "the case must change the header");
            return after;
        });
        SyntheticCheckpoint.EditData(file, data);
    }

    private static void Poke(string folder, int offset, float value) => SyntheticCheckpoint.EditData(Path.Combine(folder, Weights), data =>
    {
        BitConverter.TryWriteBytes(data.AsSpan(offset), value);
        return data;
    });

    private static string ReplaceFirst(string text, string old, string replacement)
    {
        int at = text.IndexOf(old, StringComparison.Ordinal);
        return at < 0 ? text : text[..at] + replacement + text[(at + old.Length)..];
    }
}
