using ForgePrune.Checkpoints;
using ForgePrune.Model;
using ForgePrune.Testing;

namespace ForgePrune.Tests.Checkpoints;

public sealed class Llama2cTests
{
    private const int Dim = 8, Hidden = 12, Layers = 2, Heads = 2, KvHeads = 1, Vocab = 5, Positions = 16, HeadDim = Dim / Heads;

    [Test]
    public void Reads_every_tensor_from_its_place([Values] bool tied)
    {
        using var folder = new TemporaryFolder();
        float[] values = Values(tied);
        File.WriteAllBytes(folder["model.bin"], Bytes(values, tied));
        using CheckpointModel model = DecoderModel.Open(folder["model.bin"]);
        // The order of llama2.c's memory_map_weights, written out once more by hand.
        int at = 0;
        float[] Take(int count) => values[at..(at += count)];
        float[][] TakeLayers(int count) => [.. Enumerable.Range(0, Layers).Select(_ => Take(count))];
        float[] embedding = Take(Vocab * Dim);
        float[][] attentionNorm = TakeLayers(Dim), query = TakeLayers(Dim * Dim), key = TakeLayers(Dim * HeadDim), value = TakeLayers(Dim * HeadDim),
            output = TakeLayers(Dim * Dim), mlpNorm = TakeLayers(Dim), gate = TakeLayers(Hidden * Dim), down = TakeLayers(Dim * Hidden),
                up = TakeLayers(Hidden * Dim);
        float[] finalNorm = Take(Dim);
        Take(Positions * HeadDim);
        float[] head = tied ? embedding : Take(Vocab * Dim);

        Assert.That(at, Is.EqualTo(values.Length));
        Assert.That((model.ReadEmbedding().Values, model.ReadFinalNorm(), model.ReadHead().Values), Is.EqualTo((embedding, finalNorm, head)));
        for (int i = 0; i < Layers; i++)
        {
            LayerWeights layer = model.ReadLayer(i);
            Assert.That((layer.AttentionNorm, layer.MlpNorm), Is.EqualTo((attentionNorm[i], mlpNorm[i])));
            Assert.That((layer.Attention!.Value.Values, layer.Attention.Output.Values), Is.EqualTo((value[i], output[i])));
            Assert.That((layer.Mlp!.Gate.Values, layer.Mlp.Down.Values, layer.Mlp.Up.Values), Is.EqualTo((gate[i], down[i], up[i])));
            Assert.That(layer.Attention.Query.Row(HeadDim + 1).ToArray(), Is.EqualTo(query[i][((HeadDim + 2) * Dim)..((HeadDim + 3) * Dim)]));
            Assert.That(layer.Attention.Key.Row(2).ToArray(), Is.EqualTo(key[i][Dim..(2 * Dim)]));
        }
    }

    [Test]
    public void Reordered_heads_score_as_interleaved_rotation_does()
    {
        const int headDim = 12, cols = 5;
        var random = new Random(41);
        float[] query = Random(random, headDim * cols), key = Random(random, headDim * cols), x = Random(random, cols), y = Random(random, cols);
        double interleaved = Dot(Rotate(Apply(query, x), 7, Interleaved), Rotate(Apply(key, y), 3, Interleaved));
        double halves = Dot(Rotate(Apply(RotaryOrder.ToHalfSplit(query, headDim, cols, headDim), x), 7, HalfSplit),
            Rotate(Apply(RotaryOrder.ToHalfSplit(key, headDim, cols, headDim), y), 3, HalfSplit));
        // Both are the same float64 sum in another order: 12 terms of magnitude about one.
        Assert.That(halves, Is.EqualTo(interleaved).Within(1e-12));

        static (int, int) Interleaved(int i) => (2 * i, (2 * i) + 1);
        static (int, int) HalfSplit(int i) => (i, i + (headDim / 2));
        static double[] Apply(float[] matrix, float[] vector) =>
            [.. Enumerable.Range(0, headDim).Select(row => Enumerable.Range(0, cols).Sum(col => (double)matrix[(row * cols) + col] * vector[col]))];
        static double Dot(double[] a, double[] b) => a.Zip(b, (left, right) => left * right).Sum();
        static double[] Rotate(double[] head, int position, Func<int, (int, int)> pair)
        {
            for (int i = 0; i < headDim / 2; i++)
            {
                (int a, int b) = pair(i);
                (double sin, double cos) = Math.SinCos(position * Math.Pow(10000, -2.0 * i / headDim));
                (head[a], head[b]) = ((head[a] * cos) - (head[b] * sin), (head[a] * sin) + (head[b] * cos));
            }

            return head;
        }
    }

    [Test]
    public void Finds_a_table_behind_the_weights()
    {
        using var folder = new TemporaryFolder();
        byte[] weights = Bytes(Values(true), true), table = Table(Vocab);
        File.WriteAllBytes(folder["model.data"], [.. weights, .. table]);
        using CheckpointModel model = DecoderModel.Open(folder["model.data"]);
        Assert.That(model.Tokenizer, Is.EqualTo(new TokenizerSource(TokenizerFormat.Llama2c, folder["model.data"], weights.Length, table.Length)));
    }

    private static IEnumerable<TestCaseData> Bad()
    {
        yield return Case("an_empty_file", _ => [], "0 bytes");
        yield return Case("a_header_cut_short", bytes => bytes[..20], "20 bytes");
        yield return Case("weights_cut_short", bytes => bytes[..^4], "calls for");
        yield return Case("bytes_after_the_weights", bytes => [.. bytes, 1, 2, 3], "no tokenizer table");
        yield return Case("a_table_of_another_vocabulary", bytes => [.. bytes, .. Table(Vocab + 1)], "no tokenizer table");
        yield return Case("a_table_cut_short", bytes => [.. bytes, .. Table(Vocab)[..^1]], "no tokenizer table");
        yield return Case("version_1", bytes => Put(bytes, 0, 0x616B3432), "version 1");
        yield return Case("GGUF", bytes => Put(bytes, 0, 0x46554747), "GGUF");
        yield return Case("PyTorch", bytes => Put(bytes, 0, 0x04034B50), "zip");
        yield return Case("dim_0", bytes => Put(bytes, 0, 0), "dim 0");
        yield return Case("a_negative_layer_count", bytes => Put(bytes, 2, -1), "n_layers -1");
        yield return Case("vocabulary_0", bytes => Put(bytes, 5, 0), "vocab_size 0");
        yield return Case("the_lowest_vocabulary", bytes => Put(bytes, 5, int.MinValue), "vocab_size");
        yield return Case("giant_sizes", bytes => Put(Put(bytes, 0, 1 << 20), 1, 1 << 20), "more than");
        yield return Case("heads_that_do_not_divide", bytes => Put(bytes, 3, 3), "does not split");
        yield return Case("key_value_heads_that_do_not_divide", bytes => Put(bytes, 4, 5), "does not divide");
        yield return Case("a_NaN", bytes => Put(bytes, 7 + 3, BitConverter.SingleToInt32Bits(float.NaN)), "index 3");
    }

    [TestCaseSource(nameof(Bad))]
    public void Refuses(Func<byte[], byte[]> spoil, string says)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllBytes(folder["model.bin"], spoil(Bytes(Values(true), true)));
        Sentence.AssertBadInput(() => DecoderModel.Open(folder["model.bin"]).Dispose(), "model.bin", says);
    }

    private static TestCaseData Case(string name, Func<byte[], byte[]> spoil, string says) => new TestCaseData(spoil, says).SetName($"Refuses_{name}");

    private static float[] Values(bool tied)
    {
        int layer = (2 * Dim) + (2 * Dim * Dim) + (2 * Dim * HeadDim) + (3 * Dim * Hidden);
        return Random(new Random(42), (Vocab * Dim) + (Layers * layer) + Dim + (Positions * HeadDim) + (tied ? 0 : Vocab * Dim));
    }

    private static byte[] Bytes(float[] values, bool tied) =>
        [.. new[] { Dim, Hidden, Layers, Heads, KvHeads, tied ? Vocab : -Vocab, Positions }.SelectMany(BitConverter.GetBytes),
            .. values.SelectMany(BitConverter.GetBytes)];

    private static byte[] Table(int vocab) =>
        [.. BitConverter.GetBytes(3), .. Enumerable.Range(0, vocab).SelectMany(i => (byte[])[.. BitConverter.GetBytes(-1f * i), 3, 0, 0, 0, (byte)'a',
            (byte)'b', (byte)i])];

    private static byte[] Put(byte[] bytes, int word, int value)
    {
        BitConverter.TryWriteBytes(bytes.AsSpan(word * sizeof(int)), value);
        return bytes;
    }

    private static float[] Random(Random random, int count) => [.. Enumerable.Range(0, count).Select(_ => (random.NextSingle() * 2) - 1)];
}
