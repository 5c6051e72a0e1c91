using System.Diagnostics;
using ForgePrune.Checkpoints;
using ForgePrune.Errors;
using ForgePrune.Generation;
using ForgePrune.Onnx;
using ForgePrune.Serving;

namespace ForgePrune.Cli.Engine;

/// <summary>Continues a prompt greedily through the model's own file.</summary>
internal static class TextContinuation
{
    public static Generation Run(GenerateSettings settings, Action<string> write, Action<string> note, CancellationToken stop)
    {
        var serving = OnnxServing.On(settings.Provider);
        // At least one token of a prompt stands before them.
        ModelPositions.Require(serving, settings.Model, settings.Tokens + 1L, $"--tokens {settings.Tokens}");
        using var model = ServedModel.Open(serving, settings.Model, settings.Threads, readsText: true);
        var tokenizer = model.Tokenizer
            ?? throw new BadInputException($"{settings.Model} has no tokenizer beside it, so it cannot read a prompt; put its tokenizer.json into the folder");
        int[] prompt = [.. model.BeginTokenId is { } begin ? [begin] : Array.Empty<int>(), .. tokenizer.Encode(settings.Prompt)];
        if (prompt.Length == 0)
            throw new BadInputException($"--prompt '{settings.Prompt}' gives no token to begin with; give a prompt with a word in it");
        ModelPositions.Require(serving, settings.Model, (long)prompt.Length + settings.Tokens,
            $"a prompt of {prompt.Length} tokens and --tokens {settings.Tokens}");
        if (ModelTokenizer.Unbegun("--prompt", tokenizer) is { } unbegun)
            note(unbegun);
        var clock = Stopwatch.StartNew();
        var ids = new List<int>(prompt);
        // Decoding everything and writing what is new keeps characters whole that several tokens share.
        var prompted = tokenizer.Decode(prompt).Length;
        var shown = prompted;
        write(settings.Prompt);
        var text = "";
        foreach (var id in model.Decoder.Continue(prompt, settings.Tokens, TokenSampler.Greedy(), [.. model.EosTokenIds]))
        {
            stop.ThrowIfCancellationRequested();
            if (model.EosTokenIds.Contains(id))
                break;
            ids.Add(id);
            text = tokenizer.DecodeKnown(ids);
            if (text.EndsWith('\uFFFD') || text.Length <= shown)
                continue;
            write(text[shown..]);
            shown = text.Length;
        }

        return new Generation(settings.Prompt + (text.Length > prompted ? text[prompted..] : ""), ids.Count - prompt.Length, clock.Elapsed.TotalSeconds);
    }
}
