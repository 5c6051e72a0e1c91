using ForgePrune.Checkpoints;
using ForgePrune.IO;
using ForgePrune.Model;

namespace ForgePrune.Decilm;

/// <summary>Writes a decoder as a safetensors folder for the DeciLM classes of vLLM, TensorRT-LLM, and MLX, which know a shape for every layer: see the
/// documentation page "exits".</summary>
public static class DecilmExporter
{
    private const string ConfigFile = "configuration_decilm.py";

    /// <summary>Writes a model into a new folder, in float32, its FFN widths filled up with channels of zeros to a multiple of 256.</summary>
    /// <param name="model">Read once, layer by layer.</param>
    /// <param name="folder">Must not exist: nothing is overwritten.</param>
    /// <param name="tokenizer">Copied, with the Hugging Face files beside it; null for none.</param>
    /// <param name="progress">Told the number of layers read.</param>
    /// <exception cref="Errors.BadInputException">The folder exists, or the classes do not hold the model.</exception>
    /// <exception cref="Errors.BrokenEnvironmentException">The disk is full or read-only.</exception>
    public static void Write(IDecoderModel model, string folder, TokenizerSource? tokenizer = null, IProgress<int>? progress = null)
    {
        DecilmShape.RequireLayers(model.Config);
        using var padded = PaddedModel.Of(model, progress);
        NewFolder.Write(folder, unfinished =>
        {
            CheckpointWriter.Fill(padded, unfinished, folder, tokenizer, CheckpointWriter.DefaultShardLimit, DecilmKeys.Write(padded.Config));
            PythonFile.Copy(ConfigFile, unfinished);
        });
    }
}
