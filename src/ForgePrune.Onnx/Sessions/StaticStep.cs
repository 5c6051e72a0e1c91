using System.Globalization;
using Microsoft.ML.OnnxRuntime;

namespace ForgePrune.Onnx.Sessions;

/// <summary>One decode step whose inputs and outputs have the same addresses and shapes at every length, as a captured CUDA graph replays it: caches and
/// mask of the whole capacity, and logits that stay where they are computed. How many tokens there are is told by the mask's values alone.</summary>
/// <remarks>ONNX Runtime captures a call under its number (run option gpu_graph_id), once two calls before it have allocated what it needs, all within the first
/// one of ours; that repeats a step at one position, and so changes nothing. It replays what that number was captured with, whatever is bound: so each
/// state has a number of its own. A graph belongs to the thread that captured it; another thread captures anew.</remarks>
internal sealed class StaticStep : IDisposable
{
    /// <summary>The run option that names a graph, and its value for a call that is none.</summary>
    public const string GraphOption = "gpu_graph_id", NoGraph = "-1";

    private readonly OnnxDecoder decoder;
    private readonly OrtIoBinding binding;
    private readonly RunOptions runOptions = new();
    private readonly WholeTensor ids, mask;
    private readonly WholeTensor? positions;
    private readonly OrtValue idValue, maskValue, logitValue;
    private readonly OrtValue? positionValue;
    private readonly int batch, capacity;
    private int told;

    /// <param name="caches">Bound here too.</param>
    public StaticStep(OnnxDecoder decoder, KvCaches caches, int batch, int capacity)
    {
        (this.decoder, this.batch, this.capacity) = (decoder, batch, capacity);
        var (signature, folder, memory) = (decoder.Signature, decoder.Signature.Folder, decoder.Memory);
        binding = decoder.Session.CreateIoBinding();
        runOptions.AddRunConfigEntry(GraphOption, decoder.NextGraph().ToString(CultureInfo.InvariantCulture));
        (ids, idValue) = Input(folder.Ids, batch, 1);
        (mask, maskValue) = Input(folder.Mask, batch, capacity);
        if (signature.WholeInputs.ContainsKey(folder.Positions))
            (positions, positionValue) = Input(folder.Positions, batch, 1);
        caches.BindTo(binding);
        logitValue = memory.Zeros(signature.LogitsType, batch, 1, signature.VocabSize);
        binding.BindOutput(folder.Logits, logitValue);

        (WholeTensor Numbers, OrtValue Value) Input(string name, int rows, int columns)
        {
            var numbers = new WholeTensor(signature.WholeInputs[name].Type, checked(rows * columns));
            var value = memory.Zeros(signature.WholeInputs[name].Type, rows, columns);
            binding.BindInput(name, value);
            return (numbers, value);
        }
    }

    /// <summary>Where logits lie after a call, batch × 1 × vocab.</summary>
    public OrtValue Logits => logitValue;

    /// <summary>Reads one token of every sequence.</summary>
    /// <param name="tokens">Ids of the vocabulary.</param>
    /// <param name="length">Tokens of each sequence before it.</param>
    /// <exception cref="OnnxRuntimeException">It cannot.</exception>
    public void Run(ReadOnlySpan<int> tokens, int length)
    {
        for (var i = 0; i < tokens.Length; i++)
            ids.Set(i, tokens[i]);
        decoder.Memory.Copy(idValue, ids.Bytes);
        Tell(length + 1);
        if (positions is not null)
        {
            positions.Fill(length);
            decoder.Memory.Copy(positionValue!, positions.Bytes);
        }

        decoder.Session.RunWithBinding(runOptions, binding);
        binding.SynchronizeBoundOutputs();
    }

    public void Dispose()
    {
        binding.Dispose();
        runOptions.Dispose();
        idValue.Dispose();
        maskValue.Dispose();
        positionValue?.Dispose();
        logitValue.Dispose();
    }

    /// <summary>Sets the mask for so many tokens, and says so only where they have changed.</summary>
    private void Tell(int total)
    {
        if (told == total)
            return;
        for (var row = 0; row < batch; row++)
        {
            for (var column = Math.Min(told, total); column < Math.Max(told, total); column++)
                mask.Set((row * capacity) + column, column < total ? 1 : 0);
        }

        decoder.Memory.Copy(maskValue, mask.Bytes);
        told = total;
    }
}
