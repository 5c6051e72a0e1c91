using ForgePrune.IO;
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
        ReadConfig read = HuggingFaceConfig.Read(System.IO.Path.Combine(folder, "config.json"));
        Config = read.Config;
        tensors = new SafetensorsSet(folder);
        (names, addsOne) = (Names(read, tensors), read.Family.NormsAddOne);
        try
        {
            IReadOnlyList<string> images = read.Wrapper is null ? [] : [.. tensors.Names.Where(WrapperForm.IsOfImages)];
            TensorCheck.All(Config, names, tensors, images);
            long bytes = images.Sum(name => tensors.Find(name)!.Length);
            StoredBytes = tensors.Bytes - bytes;
            LeftOut = read.Wrapper is null ? null : $"the decoder of a {read.Wrapper.Name} is read and written as {Config.Family}; "
                + FormattableString.Invariant($"its {images.Count} tensors for images ({Bytes.Show(bytes)}) are left out");
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

    public override long StoredBytes { get; }

    internal override string? LeftOut { get; }

    public override IReadOnlyList<string> Files => [System.IO.Path.Combine(Path, "config.json"), .. tensors.Files];

    public override TokenizerSource? Tokenizer { get; }

    /// <summary>Of the spellings that there are, the one by which the embedding is there; the first where none is.</summary>
    private static TensorNames Names(ReadConfig read, SafetensorsSet tensors)
    {
        bool stacked = read.Config.HasExperts && tensors.Names.Any(TensorNames.IsStacked);
        TensorNames usual = stacked ? read.Family.Names.Stacked : read.Family.Names;
        IReadOnlyList<TensorNames> spellings = read.Wrapper is null ? [usual, usual.Bare] : usual.Wrapped;
        return spellings.FirstOrDefault(names => tensors.Find(names.Of(TensorRole.Embedding)) is not null) ?? spellings[0];
    }

    private protected override float[] Read(TensorSpec spec) => addsOne && spec.Role.IsNorm() ? NormForm.Factors(Stored(spec)) : Stored(spec);

    private protected override NarrowValues? ReadNarrow(TensorSpec spec)
    {
        var (name, start, _) = StoredSpec.Find(Config, names, spec);
        return tensors.ReadNarrow(name, start, spec.Elements);
    }

    private float[] Stored(TensorSpec spec) => StoredSpec.Find(Config, names, spec) is var (name, start, whole) && whole
        ? tensors.Read(name) : tensors.Read(name, start, spec.Elements);

    private protected override void Dispose(bool disposing) => tensors.Dispose();
}
