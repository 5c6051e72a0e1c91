using System.CommandLine;
using ForgePrune.Cli.Parsing;
using ForgePrune.Errors;
using ForgePrune.Methods;
using ForgePrune.Methods.AdaptPruner;
using ForgePrune.Methods.DarwinLM;
using ForgePrune.Methods.Dress;
using ForgePrune.Pipeline;

namespace ForgePrune.Cli.Verbs;

/// <summary>The options of methods that train while they prune.</summary>
internal sealed class TrainingOptions
{
    private readonly Option<int> selection = Options.Whole("--selection-tokens",
        "darwinlm: tokens that each candidate of the last stage of selection is trained on, a half, a quarter and a twentieth of it before; 0 for none.",
        DarwinLmMethod.DefaultSelectionTokens, 0, int.MaxValue);

    private readonly Option<int?> stages = Options.Typed<int?>("--stages", "N",
        "adapt-pruner: cuts, each followed by its part of --recover; 1 cuts once. [default: as many as take a twentieth each]",
        text => Values.Whole("--stages", text, 1, InterleavedOptions.MostStages));

    private readonly Option<int> regularize = Options.Whole("--regularize-tokens",
        "dress: tokens of training that presses what leaves to nothing before the cut; 0 for none.", DressMethod.DefaultRegularizeTokens, 0, int.MaxValue);

    public IEnumerable<Option> All => [selection, stages, regularize];

    /// <summary>The method with what was said of it.</summary>
    public PruningMethod Read(ParseResult line, PruningMethod method) => method switch
    {
        DarwinLmMethod darwin => darwin with { SelectionTokens = line.GetValue(selection) },
        AdaptPrunerMethod adapt => adapt with { Stages = line.GetValue(stages) },
        DressMethod dress => dress with { RegularizeTokens = line.GetValue(regularize) },
        _ => method,
    };

    /// <summary>An option of another method would change nothing, and nobody would hear of it.</summary>
    /// <exception cref="BadInputException">One was given that the methods do not read.</exception>
    public void RequireOfUse(ParseResult line, params string[] methods)
    {
        var used = methods.Select(MethodCatalog.Find).ToArray();
        Require(selection, method => method is DarwinLmMethod { Trains: true });
        Require(stages, method => method is AdaptPrunerMethod);
        Require(regularize, method => method is DressMethod);

        void Require(Option option, Func<PruningMethod, bool> reads)
        {
            if (line.GetResult(option) is { Implicit: false } && !used.Any(reads))
            {
                var others = string.Join(" or ", MethodCatalog.All.Where(reads).Select(method => method.Name));
                throw new BadInputException($"{option.Name} is of no use to {string.Join(", ", methods)}; leave it out, or take {others}");
            }
        }
    }
}
