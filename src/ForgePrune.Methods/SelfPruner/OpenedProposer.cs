using ForgePrune.Checkpoints;
using ForgePrune.Errors;
using ForgePrune.IO;
using ForgePrune.Pipeline;
using ForgePrune.Pipeline.Resources;
using ForgePrune.Pipeline.Stages;
using ForgePrune.Serving;

namespace ForgePrune.Methods.SelfPruner;

/// <summary>A proposer with what it keeps open.</summary>
internal sealed class OpenedProposer : IDisposable
{
    private readonly IDisposable? held;

    private OpenedProposer(IProposer value, IDisposable? held) => (Value, this.held) = (value, held);

    public IProposer Value { get; }

    /// <param name="denseExport">The dense model's export, which proposes for itself where no other is named.</param>
    /// <exception cref="BadInputException">The local model cannot propose.</exception>
    public static OpenedProposer Open(ProposerSettings settings, RunContext run, DenseExport denseExport) => settings.Name switch
    {
        ProposerSettings.Ramp => new(new RampProposer(), null),
        ProposerSettings.Evolution => new(new EvolutionProposer(), null),
        ProposerSettings.Endpoint => Endpoint(settings, run),
        ProposerSettings.Local => Local(settings, run, denseExport),
        var name => throw new BadInputException($"`Proposer` '{name}' is unknown; use one of {string.Join(", ", ProposerSettings.Names)}"),
    };

    public void Dispose() => held?.Dispose();

    /// <summary>Checks before any work what needs no model loaded.</summary>
    /// <exception cref="BadInputException">The proposer cannot propose.</exception>
    public static void Require(ProposerSettings settings, string pruned, CheckpointModel dense, IServingRuntime runtime)
    {
        if (settings is { Name: ProposerSettings.Endpoint } and not { Url: not null, Model: not null })
            throw new BadInputException("`Proposer` endpoint needs an address and a model; give `Proposer.Url` and `Proposer.Model`");
        if (settings.Name == ProposerSettings.Local
            && (settings.Model is { } named ? ServedModel.ReadTokenizer(runtime, named) : ModelTokenizer.Of(dense)) is null)
            throw NoTokenizer(settings.Model ?? pruned);
    }

    /// <summary>What identifies a local model, tokenizer included: one that the user names, or the dense model, whose weights every search depends on;
    /// "none" for every other proposer.</summary>
    public static string ModelHash(ProposerSettings settings, RunContext run)
    {
        if (settings.Name != ProposerSettings.Local)
            return "none";
        if (settings.Model is not { } path)
            return run.Companions.Text;
        if (!run.Runtime.IsExported(path))
        {
            using var model = DecoderModel.Open(path, run.Folder.Hashes);
            return ManifestHash.OfText($"{model.ContentHash} {Companions.Of(model).Text}");
        }

        var folder = Directory.Exists(path) ? path : Path.GetDirectoryName(Path.GetFullPath(path))!;
        return ManifestHash.OfText(string.Join('\n', Directory.GetFiles(folder).Where(FileKind.IsRegular).Order(StringComparer.Ordinal)
            .Select(run.Folder.Hashes.OfFile)));
    }

    private static OpenedProposer Endpoint(ProposerSettings settings, RunContext run)
    {
        var (url, model) = (settings.Url!, settings.Model!);
        var key = Environment.GetEnvironmentVariable(EndpointProposer.KeyVariable) is { Length: > 0 } given ? given : null;
        if (key is not null && url is { Scheme: "http", IsLoopback: false })
            run.Progress.Note($"the key in {EndpointProposer.KeyVariable} goes to {url.Host} without encryption; an https address would keep it");
        run.Progress.Note($"layer rates and their losses go to {url.GetLeftPart(UriPartial.Path)}; neither weights nor text do");
        var proposer = new EndpointProposer(new ChatEndpoint(url, model, key, ChatPatience.Usual));
        return new(proposer, proposer);
    }

    private static OpenedProposer Local(ProposerSettings settings, RunContext run, DenseExport denseExport)
    {
        if (settings.Model is null && !denseExport.Fits)
        {
            throw new BadInputException(
                $"`Proposer` local needs the model loaded, which takes {ServingMemory.Need(run.Settings, denseExport.Weights)}; raise `Memory` or take another `Proposer`");
        }

        var place = settings.Model ?? denseExport.Written.Folder;
        var model = ServedModel.Open(run.Runtime, place, run.Settings.Threads, readsText: true);
        try
        {
            var tokenizer = model.Tokenizer ?? throw NoTokenizer(place);
            var positions = model.Positions ?? throw new BadInputException(
                $"`Proposer` local: {place} does not say how many tokens it reads (context_length in genai_config.json); export the model again");
            return new(new LocalProposer(model.Decoder, tokenizer, model.BeginTokenId, positions), model);
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }

    private static BadInputException NoTokenizer(string model) =>
        new($"`Proposer` local: {model} has no tokenizer beside it, so it can neither read nor write; name another model with `Proposer.Model`, or another `Proposer`");
}
