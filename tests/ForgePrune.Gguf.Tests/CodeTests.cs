using ForgePrune.Errors;
using ForgePrune.Kernels;
using ForgePrune.Model;
using ForgePrune.Quantization;
using ForgePrune.Testing;
using ForgePrune.Tokens;

namespace ForgePrune.Gguf.Tests;

/// <summary>Files of few bits.</summary>
public sealed class CodeTests
{
    private static readonly ModelConfig Config = SyntheticModels.Config(layers: 3, hidden: 64, headDim: 16, kvHeads: 2, queryHeads: 4, ffn: 40) with
    {
        Layers = [new(2, 4, 40), new(0, 0, 0), new(1, 3, 64)],
    };

    /// <summary>llama.cpp rounds activations to eight bits before it multiplies them with codes: 1/127 of the largest of 32, less in a sum of
    /// independent errors. Wrong codes differ by the whole scale.</summary>
    private const double RoundedActivations = 0.05;

    [Test]
    public void Codes_map_one_to_one([Values(GgufType.Q8, GgufType.Q4)] GgufType type, [Values] bool gptq)
    {
        using var folder = new TemporaryFolder();
        using var model = SyntheticModels.Random(Config, seed: 1);
        var facts = GgufExporter.Write(model, folder["gguf"], null, type, gptq ? Quantizer(model, type) : null);
        Assert.That(facts.Notes.Any(note => note.Contains("rounded to nearest; give `Calibration`")), Is.EqualTo(!gptq));
        Assert.That(facts.Notes.Any(note => note.Contains("o_proj of 1 layers stays float16")), "three heads of 16 are no whole blocks");
        var file = GgufFile.Read(folder["gguf"]);
        ILayerQuantizer again = gptq ? Quantizer(model, type) : new RoundedLayers(GgufTypes.Codes(type)!, 1);
        for (var (layer, stored) = (0, 0); layer < 3; layer++)
        {
            var codes = again.Quantize(layer, model.ReadLayer(layer));
            if (codes.Attention is not { } attention)
                continue;
            Equal($"blk.{stored}.attn_v", attention.Value.ToMatrix());
            Equal($"blk.{stored}.ffn_down", codes.Mlp!.Down.ToMatrix());
            Equal($"blk.{stored}.ffn_up", codes.Mlp.Up.ToMatrix());
            if (stored == 0)
                Equal($"blk.{stored}.attn_output", attention.Output.ToMatrix());
            else
                Assert.That(file.Values($"blk.{stored}.attn_output.weight"),
                    Is.EqualTo(model.ReadLayer(layer).Attention!.Output.Values.Select(value => (float)(Half)value)));
            stored++;
        }

        var embedding = model.ReadEmbedding();
        Equal("token_embd", RoundToNearest.Run(embedding.Values, embedding.Rows, embedding.Cols, embedding.Cols, new(8, 32, true), 1).ToMatrix());
        Assert.That(file.Tensors["token_embd.weight"].Type, Is.EqualTo(8));

        // The scale is rounded to float16: half of 2^-10 of every value.
        void Equal(string name, Matrix expected)
        {
            var (values, width) = (file.Values(name + ".weight"), (int)file.Tensors[name + ".weight"].Dimensions[0]);
            for (var row = 0; row < expected.Rows; row++)
                for (var col = 0; col < width; col++)
                {
                    double value = values[(row * width) + col], exact = col < expected.Cols ? expected.Row(row)[col] : 0;
                    Assert.That(value, Is.EqualTo(exact).Within(Math.Abs(exact) / 2048 + 1e-9), $"{name} {row} {col}");
                }
            Assert.That(values.Skip(expected.Rows * width), Is.All.Zero);
        }
    }

    [Test]
    public void llama_cpp_computes_with_the_codes([Values] GgufType type, [Values("llama", "qwen2", "qwen3")] string family)
    {
        using var folder = new TemporaryFolder();
        using var model = SyntheticModels.Random(Config with { Family = family, QkNorm = family == "qwen3", QkvBias = family == "qwen2" }, seed: 2);
        GgufExporter.Write(model, folder["gguf"], null, type);
        using var stored = Stored(model, type);
        using var llama = LlamaCpp.Open(folder["gguf"]);
        var ids = Agreement.Ids(24, Config.VocabSize);
        // Float16 weights are multiplied with activations in float16: 2^-11 of each.
        var tolerance = type switch
        {
            GgufType.F32 => Agreement.Tolerance,
            GgufType.F16 => 5e-3,
            _ => RoundedActivations,
        };
        Assert.That(Agreement.Difference(llama.Logits(ids), Testing.Reference.ReferenceModel.Logits(stored, ids)), Is.LessThan(tolerance));
    }

    [Test]
    public void Factors_go_into_the_scales_of_codes()
    {
        using var folder = new TemporaryFolder();
        using var model = SyntheticModels.Random(SyntheticFamilies.Of(Config)["granite"], seed: 4);
        Assert.That(GgufExporter.Write(model, folder["gguf"], null, GgufType.Q8, Quantizer(model, GgufType.Q8)).Architecture, Is.EqualTo("deci"));
        using var llama = LlamaCpp.Open(folder["gguf"]);
        var ids = Agreement.Ids(24, Config.VocabSize);
        Assert.That(Agreement.Difference(llama.Logits(ids), Testing.Reference.ReferenceModel.Logits(model, ids)), Is.LessThan(RoundedActivations));
    }

    [Test]
    public void A_hidden_size_that_is_no_whole_blocks_is_refused()
    {
        using var folder = new TemporaryFolder();
        using var model = SyntheticModels.Random(SyntheticModels.Config(hidden: 48), seed: 3);
        Assert.That(() => GgufExporter.Write(model, folder["gguf"], null, GgufType.Q4),
            Throws.TypeOf<BadInputException>().With.Message
                .EqualTo("q4_0 stores rows in blocks of 32, and a hidden size of 48 is no multiple of it; take f16 or f32"));
    }

    private static GptqLayers Quantizer(IDecoderModel model, GgufType type) =>
        new(model, new PlainBlockRunner(model.Config), new TokenWindows(16, Agreement.Ids(128, model.Config.VocabSize)), GgufTypes.Codes(type)!);

    /// <summary>The model with the values that a file of the type stands for.</summary>
    private static InMemoryModel Stored(IDecoderModel model, GgufType type)
    {
        var layers = Enumerable.Range(0, model.Config.Layers.Count).Select(model.ReadLayer).Select(layer => layer with
        {
            Attention = layer.Attention is not { } attention ? null : attention with
            {
                Query = Projection(attention.Query),
                Key = Projection(attention.Key),
                Value = Projection(attention.Value),
                Output = Projection(attention.Output),
            },
            Mlp = layer.Mlp is not { } mlp ? null : mlp with
            {
                Gate = Projection(mlp.Gate),
                Up = Projection(mlp.Up),
                Down = Projection(mlp.Down, padded: true),
            },
        }).ToArray();
        return new(model.Config, layers, Rounded(model.ReadEmbedding(), GgufTypes.Codes(type) is null ? 0 : 8), model.ReadFinalNorm(), null);

        Matrix Projection(Matrix weights, bool padded = false) =>
            Rounded(weights, padded || weights.Cols % 32 == 0 ? GgufTypes.Codes(type)?.Bits ?? 0 : 0);

        Matrix Rounded(Matrix weights, int bits) => bits > 0
            ? RoundToNearest.Run(weights.Values, weights.Rows, weights.Cols, weights.Cols, new(bits, 32, true), 1).ToMatrix()
            : type == GgufType.F32 ? weights : new(weights.Rows, weights.Cols, Array.ConvertAll(weights.Values, value => (float)(Half)value));
    }
}
