using ForgePrune.Model;

namespace ForgePrune.Checkpoints;

/// <summary>A folder of config.json and safetensors, Hugging Face's or one that <see cref="CheckpointWriter"/> wrote.</summary>
internal sealed class HuggingFaceModel : CheckpointModel
{
    private readonly TensorNames names;
    private readonly SafetensorsSet tensors;
    private readonly bool addsOne;

    /// <exception cref="Errors.BadInputException">Config or weights are wrong or not supported.</exception>
    public HuggingFaceModel(string folder)
    {
        Path = folder;
        LinkedFile.RefuseBroken(folder);
        (Config, ModelFamily family) = HuggingFaceConfig.Read(System.IO.Path.Combine(folder, "config.json"));
        tensors = new SafetensorsSet(folder);
        (names, addsOne) = (Names(family, tensors), family.NormsAddOne);
        try
        {
            TensorCheck.All(Config, names, tensors);
        }
        catch
        {
            tensors.Dispose();
            throw;
        }

        Tokenizer = TokenizerSource.IfPresent(TokenizerFormat.HuggingFace, folder, "tokenizer.json")
            ?? TokenizerSource.IfPresent(TokenizerFormat.Llama2c, folder, "tokenizer.bin");
    }

    public override string Path { get; }

    public override ModelConfig Config { get; }

    public override long StoredBytes => tensors.Bytes;

    public override IReadOnlyList<string> Files => [System.IO.Path.Combine(Path, "config.json"), .. tensors.Files];

    public override TokenizerSource? Tokenizer { get; }

    /// <summary>With <c>model.</c> before them, or without where the embedding is there without.</summary>
    private static TensorNames Names(ModelFamily family, SafetensorsSet tensors)
    {
        TensorNames usual = family.Names, bare = usual.Bare;
        return tensors.Find(usual.Of(TensorRole.Embedding)) is null && tensors.Find(bare.Of(TensorRole.Embedding)) is not null ? bare : usual;
    }

    private protected override float[] Read(TensorSpec spec) => addsOne && spec.Role.IsNorm() ? NormForm.Factors(Stored(spec)) : Stored(spec);

    private float[] Stored(TensorSpec spec) => StoredSpec.Find(Config, names, spec) is var (name, start, whole) && whole
        ? tensors.Read(name) : tensors.Read(name, start, spec.Elements);

    private protected override void Dispose(bool disposing) => tensors.Dispose();
}
