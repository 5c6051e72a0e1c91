using ForgePrune.Checkpoints;
using ForgePrune.Errors;
using ForgePrune.IO;
using ForgePrune.Methods;
using ForgePrune.Methods.SelfPruner;
using ForgePrune.Onnx.Pipeline;
using ForgePrune.Onnx.Sessions;
using ForgePrune.Pipeline;

namespace ForgePrune.Onnx.Proposals;

/// <summary>A proposer with what it keeps open.</summary>
internal sealed class ProposerOf : IDisposable
{
    private readonly IDisposable? held;

    private ProposerOf(IProposer value, IDisposable? held) => (Value, this.held) = (value, held);

    public IProposer Value { get; }

    /// <param name="denseOnnx">The dense model's export, which proposes for itself where no other is named.</param>
    /// <exception cref="BadInputException">The local model cannot propose.</exception>
    public static ProposerOf Settings(RunContext run, StageResult denseOnnx) => run.Settings.Proposer.Name switch
    {
        ProposerSettings.Ramp => new(new RampProposer(), null),
        ProposerSettings.Evolution => new(new EvolutionProposer(), null),
        ProposerSettings.Endpoint => Endpoint(run),
        ProposerSettings.Local => Local(run, denseOnnx),
        var name => throw new BadInputException($"`Proposer` '{name}' is unknown; use one of {string.Join(", ", ProposerSettings.Names)}"),
    };

    public void Dispose() => held?.Dispose();

    /// <summary>Checks before any work what needs no model loaded.</summary>
    /// <exception cref="BadInputException">The proposer cannot propose.</exception>
    public static void Require(PruningMethod method, PruneSettings settings, CheckpointModel dense)
    {
        if (method.Plan != PlanRule.Proposals)
            return;
        if (settings.Proposer is { Name: ProposerSettings.Endpoint } and not { Url: not null, Model: not null })
            throw new BadInputException("`Proposer` endpoint needs an address and a model; give `Proposer.Url` and `Proposer.Model`");
        if (settings.Proposer.Name == ProposerSettings.Local
            && (settings.Proposer.Model is { } named ? ServedModel.ReadTokenizer(named) : ModelTokenizer.Of(dense)) is null)
            throw NoTokenizer(settings.Proposer.Model ?? settings.Model);
    }

    /// <summary>What identifies a local model, tokenizer included: one that the user names, or the dense model, whose weights every search depends on;
    /// "none" for every other proposer.</summary>
    public static string ModelHash(RunContext run)
    {
        if (run.Settings.Proposer is not { Name: ProposerSettings.Local } settings)
            return "none";
        if (settings.Model is not { } path)
            return run.Companions.Text;
        if (!ServedModel.IsExported(path))
        {
            using var model = DecoderModel.Open(path, run.Folder.Hashes);
            return ManifestHash.OfText($"{model.ContentHash} {Companions.Of(model).Text}");
        }

        var folder = Directory.Exists(path) ? path : Path.GetDirectoryName(Path.GetFullPath(path))!;
        return ManifestHash.OfText(string.Join('\n', Directory.GetFiles(folder).Where(FileKind.IsRegular).Order(StringComparer.Ordinal).Select(run.Folder.Hashes.OfFile)));
    }

    private static ProposerOf Endpoint(RunContext run)
    {
        var (url, model) = (run.Settings.Proposer.Url!, run.Settings.Proposer.Model!);
        var key = Environment.GetEnvironmentVariable(EndpointProposer.KeyVariable) is { Length: > 0 } given ? given : null;
        if (key is not null && url is { Scheme: "http", IsLoopback: false })
            run.Progress.Note($"the key in {EndpointProposer.KeyVariable} goes to {url.Host} without encryption; an https address would keep it");
        run.Progress.Note($"layer rates and their losses go to {url.GetLeftPart(UriPartial.Path)}; neither weights nor text do");
        var proposer = new EndpointProposer(new ChatEndpoint(url, model, key, ChatPatience.Usual));
        return new(proposer, proposer);
    }

    private static ProposerOf Local(RunContext run, StageResult denseOnnx)
    {
        var place = run.Settings.Proposer.Model ?? denseOnnx.Folder;
        if (run.Settings.Proposer.Model is null)
            ServingMemory.RequireProposing(run.Settings, SummaryOf.Weights(denseOnnx));
        var model = ServedModel.Open(place, run.Settings.Threads, readsText: true);
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
