using ForgePrune.Checkpoints;
using ForgePrune.Errors;
using ForgePrune.IO;

namespace ForgePrune.Serving;

/// <summary>A model as a runtime opens it, again and again: an exported folder as it is, a checkpoint through an export that goes away with this
/// object.</summary>
public sealed class ServedFolder : IDisposable
{
    private readonly IServingRuntime runtime;
    private readonly string path;
    private readonly bool isTemporary;

    private ServedFolder(IServingRuntime runtime, string path, bool isTemporary) =>
        (this.runtime, this.path, this.isTemporary) = (runtime, path, isTemporary);

    /// <param name="runtime">Runs it.</param>
    /// <param name="path">An exported folder, or anything <see cref="DecoderModel.Open(string)"/> takes.</param>
    /// <exception cref="BadInputException">There is no such model, or it cannot be read.</exception>
    public static ServedFolder Of(IServingRuntime runtime, string path)
    {
        if (runtime.IsExported(path))
            return new ServedFolder(runtime, path, isTemporary: false);
        using var model = DecoderModel.Open(path);
        return Of(runtime, model);
    }

    /// <summary>The export of a checkpoint that is open.</summary>
    internal static ServedFolder Of(IServingRuntime runtime, CheckpointModel model)
    {
        var folder = new ServedFolder(runtime, ScratchFolder.Create("forgeprune-"), isTemporary: true);
        try
        {
            runtime.Export(model, folder.path, tokenizer: null);
            return folder;
        }
        catch
        {
            folder.Dispose();
            throw;
        }
    }

    /// <summary>Loads the model; what is loaded is the caller's, and goes before this object.</summary>
    /// <param name="threads">Threads that one call may use, at least 1.</param>
    public IServedDecoder Open(int threads) => runtime.Open(path, threads);

    /// <summary>Deletes an export that was made here.</summary>
    public void Dispose()
    {
        if (isTemporary)
            Directory.Delete(path, recursive: true);
    }
}
