using System.CommandLine;
using ForgePrune.Cli.Parsing;
using ForgePrune.Errors;
using ForgePrune.Methods;
using ForgePrune.Methods.AdaptPruner;
using ForgePrune.Methods.DarwinLM;
using ForgePrune.Methods.Dress;
using ForgePrune.Methods.SelfPruner;
using ForgePrune.Pipeline;

namespace ForgePrune.Cli.Verbs;

/// <summary>The options that belong to single methods, as their guides declare them.</summary>
internal sealed class MethodOptions
{
    private readonly ProposerOptions proposer = new();

    private readonly Option<int?> selection = Options.Of<int?>(DarwinLMGuide.SelectionTokens, (name, text) => Values.Whole(name, text, 0, int.MaxValue));

    private readonly Option<int?> stages = Options.Of<int?>(AdaptPrunerGuide.Stages,
        (name, text) => Values.Whole(name, text, 1, InterleavedOptions.MostStages));

    private readonly Option<int?> regularize = Options.Of<int?>(DressGuide.RegularizeTokens, (name, text) => Values.Whole(name, text, 0, int.MaxValue));

    public IEnumerable<Option> All => [.. proposer.All, selection, stages, regularize];

    /// <summary>Options that stand together in help: those that the same methods take.</summary>
    public IEnumerable<(string Heading, Option[] Options)> Groups => All
        .GroupBy(option => string.Join(" or ", MethodGuides.Taking(option.Name)))
        .Select(group => ($"Only with method {group.Key}", group.ToArray()));

    /// <summary>The method with what was said of it.</summary>
    public PruningMethod Read(ParseResult line, PruningMethod method) => method switch
    {
        SelfPrunerMethod self => self with { Proposer = proposer.Read(line) },
        DarwinLmMethod darwin => darwin with { SelectionTokens = line.GetValue(selection) ?? DarwinLmMethod.DefaultSelectionTokens },
        AdaptPrunerMethod adapt => adapt with { Stages = line.GetValue(stages) },
        DressMethod dress => dress with { RegularizeTokens = line.GetValue(regularize) ?? DressMethod.DefaultRegularizeTokens },
        _ => method,
    };

    /// <summary>An option of another method would change nothing, and nobody would hear of it.</summary>
    /// <param name="methods">Those of the command; an option is of use when one of them takes it.</param>
    /// <exception cref="BadInputException">An option was given that none of the methods takes.</exception>
    public void RequireOfUse(ParseResult line, params string[] methods)
    {
        foreach (var option in Options.Given(line, All))
        {
            var taking = MethodGuides.Taking(option.Name);
            if (!taking.Intersect(methods).Any())
                throw new BadInputException($"{option.Name} is of no use to {string.Join(", ", methods)}; leave it out, or take {string.Join(" or ", taking)}");
        }
    }
}
