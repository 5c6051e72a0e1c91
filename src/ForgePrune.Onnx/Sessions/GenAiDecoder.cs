using ForgePrune.Errors;
using Microsoft.ML.OnnxRuntimeGenAI;
using GenAiModel = Microsoft.ML.OnnxRuntimeGenAI.Model;

namespace ForgePrune.Onnx.Sessions;

/// <summary>An exported folder in ONNX Runtime GenAI: the second runtime that an export has to satisfy.</summary>
internal sealed class GenAiDecoder : IDisposable
{
    private readonly Config config;
    private readonly GenAiModel model;

    private GenAiDecoder(Config config, GenAiModel model) => (this.config, this.model) = (config, model);

    /// <param name="folder">An exported folder.</param>
    /// <exception cref="BadInputException">GenAI does not accept the folder.</exception>
    public static GenAiDecoder Open(string folder)
    {
        Config? config = null;
        try
        {
            config = new Config(folder);
            return new GenAiDecoder(config, new GenAiModel(config));
        }
        catch (OnnxRuntimeGenAIException fault)
        {
            config?.Dispose();
            throw new BadInputException(
                $"ONNX Runtime GenAI cannot load {folder}: {fault.Message.ReplaceLineEndings(" ").TrimEnd('.')}; export the model again", fault);
        }
    }

    /// <summary>The likeliest continuation: up to <paramref name="count"/> tokens, fewer where an end token comes first.</summary>
    public int[] Greedy(ReadOnlySpan<int> prompt, int count)
    {
        using var settings = new GeneratorParams(model);
        settings.SetSearchOption("max_length", prompt.Length + count);
        settings.SetSearchOption("do_sample", false);
        using var generator = new Generator(model, settings);
        generator.AppendTokens(prompt);
        while (!generator.IsDone())
            generator.GenerateNextToken();
        return generator.GetSequence(0)[prompt.Length..].ToArray();
    }

    /// <summary>Ids of a text by the folder's own tokenizer, as GenAI reads it.</summary>
    public int[] Encode(string text)
    {
        using var tokenizer = new Tokenizer(model);
        using var sequences = tokenizer.Encode(text);
        return sequences[0].ToArray();
    }

    public void Dispose()
    {
        model.Dispose();
        config.Dispose();
    }
}
