using ForgePrune.IO;

namespace ForgePrune.Checkpoints;

/// <summary>Opens models of every format that ForgePrune reads.</summary>
public static class DecoderModel
{
    /// <summary>Opens a checkpoint; <paramref name="hashes"/> remembers its hash.</summary>
    /// <inheritdoc cref="Open(string)"/>
    public static CheckpointModel Open(string path, KnownHashes hashes)
    {
        var model = Open(path);
        model.HashBy(hashes);
        return model;
    }

    /// <summary>Opens and completely checks a Hugging Face folder, a llama2.c file, or a folder that ForgePrune wrote (the run or its safetensors folder).
    /// Reads all weights once, for NaN and infinity.</summary>
    /// <exception cref="Errors.BadInputException">There is no model, or something about it is wrong or not supported.</exception>
    public static CheckpointModel Open(string path)
    {
        if (Directory.Exists(path))
            return new HuggingFaceModel(Folder(path));
        if (!File.Exists(path))
            throw CheckpointErrors.NotAModel(path, "nothing is there", "give a Hugging Face folder, a llama2.c file or a folder that ForgePrune wrote");
        if (path.EndsWith(".onnx", StringComparison.OrdinalIgnoreCase))
            throw CheckpointErrors.Exported(path);
        string extension = Path.GetExtension(path).ToLowerInvariant();
        if (extension is ".safetensors" or ".json")
            throw CheckpointErrors.NotAModel(path, "it is one file of a Hugging Face folder", "give the folder");
        return new Llama2cModel(path);
    }

    /// <summary>A llama2.c model is one file; tokenizer tables beside it are named tok….bin.</summary>
    private static string? Llama2cFile(string folder) => Directory.EnumerateFiles(folder, "*.bin").Order(StringComparer.Ordinal)
        .FirstOrDefault(file => !Path.GetFileName(file).StartsWith("tok", StringComparison.OrdinalIgnoreCase));

    private static string Folder(string path)
    {
        string written = Path.Combine(path, CheckpointWriter.RunFolder);
        if (File.Exists(Path.Combine(path, "config.json")))
            return path;
        if (File.Exists(Path.Combine(written, "config.json")))
            return written;
        if (WeightFiles.OnnxFile(path) is { } onnx)
            throw CheckpointErrors.Exported(path, onnx);
        if (Llama2cFile(path) is { } file)
            throw CheckpointErrors.NotAModel(path, $"it holds no config.json but {Path.GetFileName(file)}", $"give {file} itself if it is a llama2.c model");
        throw CheckpointErrors.NotAModel(path, "it holds no config.json", "give a folder with config.json and safetensors");
    }
}
