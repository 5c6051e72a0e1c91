using System.CommandLine;
using ForgePrune.Cli.Parsing;
using ForgePrune.Errors;
using ForgePrune.Methods.SelfPruner;

namespace ForgePrune.Cli.Verbs;

/// <summary>Who proposes layer rates for self-pruner.</summary>
internal sealed class ProposerOptions
{
    private readonly Option<string> name = Options.Typed("--proposer", "NAME",
        $"Who proposes layer rates for self-pruner: {string.Join(", ", ProposerSettings.Names)}.", Values.Proposer, ProposerSettings.Ramp);

    private readonly Option<Uri?> url = Options.Typed<Uri?>("--proposer-url", "URL",
        $"Chat endpoint for --proposer endpoint; its key, if any, is read from {EndpointProposer.KeyVariable}.", Values.Address);

    private readonly Option<string?> model = Options.Typed<string?>("--proposer-model", "NAME",
        "The endpoint's model; or the model for --proposer local, a folder as MODEL. [default: MODEL itself]", text => Values.NotEmpty("--proposer-model", text));

    public void AddTo(Command command)
    {
        foreach (Option option in new Option[] { name, url, model })
            command.Options.Add(option);
    }

    public ProposerSettings Read(ParseResult line)
    {
        var settings = new ProposerSettings(line.GetValue(name)!, line.GetValue(url), line.GetValue(model));
        return settings switch
        {
            { Name: ProposerSettings.Endpoint, Url: null } => throw new BadInputException("--proposer endpoint needs an address; give --proposer-url, such as http://127.0.0.1:8080/v1"),
            { Name: ProposerSettings.Endpoint, Model: null } => throw new BadInputException("--proposer endpoint needs the name of a model there; give --proposer-model"),
            { Name: not ProposerSettings.Endpoint, Url: not null } => throw new BadInputException($"--proposer-url is of no use to --proposer {settings.Name}; leave it out, or take --proposer endpoint"),
            { Name: ProposerSettings.Local, Model: { } folder } => settings with { Model = Values.ExistingModel("--proposer-model", folder) },
            { Name: ProposerSettings.Ramp or ProposerSettings.Evolution, Model: not null } => throw new BadInputException($"--proposer-model is of no use to --proposer {settings.Name}; leave it out"),
            _ => settings,
        };
    }
}
