using ForgePrune.Errors;
using ForgePrune.Evaluation;
using ForgePrune.IO;
using ForgePrune.Model;
using ForgePrune.Serving;

namespace ForgePrune.Onnx.Forward;

/// <summary>What forward passes and predictions take of a GPU's memory, known before any work.</summary>
internal static class PassNeed
{
    /// <summary>Float32 matrices of a block's logits that are there at once: what was shifted of both models, the exponentials of one, a product of them, and
    /// that again in float64.</summary>
    private const int Logits = 6;

    /// <summary>ONNX Runtime's arenas may take up to twice what they hand out; that of the heads takes what it is asked for.</summary>
    private const int Arena = 2;

    /// <param name="heads">How many output heads are compared.</param>
    /// <param name="free">Bytes that nobody has taken.</param>
    /// <exception cref="BrokenEnvironmentException">Something does not fit.</exception>
    public static PassMemory Of(ModelConfig config, BlockPlace place, int heads, long free)
    {
        var (size, rows) = (ModelSize.Of(config), LogitRows.PerBlock(config.VocabSize));
        var head = (heads == 1 ? "the output head" : $"{heads} output heads")
            + $" ({config.VocabSize} x {config.HiddenSize} in {BlockErrors.Called(place.Type)})";
        (string What, long Bytes)[] parts =
        [
            (head, heads * size.Head * sizeof(ushort)),
            ($"{rows} rows of logits", (long)Arena * Logits * sizeof(float) * rows * config.VocabSize),
            ("the weights of a layer", Arena * size.LargestLayer * sizeof(ushort)),
        ];
        var taken = 0L;
        List<string> holders = [];
        foreach (var (what, bytes) in parts)
        {
            if (taken + bytes > free)
            {
                throw new BrokenEnvironmentException($"{what} would take {Bytes.Show(bytes)} on {place.Provider}, where {Bytes.Show(free)} are free"
                    + $"{(taken > 0 ? $" and {Bytes.Show(taken)} of them are taken by {string.Join(" and ", holders)}" : "")}; end what else uses the GPU, take one with more "
                    + "memory, or set `Provider` to cpu");
            }

            taken += bytes;
            holders.Add(what);
        }

        var list = string.Join(", ", parts.Select(part => $"{Bytes.Show(part.Bytes)} for {part.What}"));
        return new($"forward passes take up to {list}, and a quarter of what is free for hidden states, of {Bytes.Show(free)} free on {place.Provider}", place.Lends,
            taken + ((free - taken) / BlockPlace.ShareForStreams));
    }
}
