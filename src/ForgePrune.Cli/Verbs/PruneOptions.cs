using System.CommandLine;
using ForgePrune.Cli.Engine;
using ForgePrune.Cli.Parsing;
using ForgePrune.Errors;
using ForgePrune.Methods;
using ForgePrune.Pipeline;
using ForgePrune.Search;
using ForgePrune.Serving;

namespace ForgePrune.Cli.Verbs;

/// <summary>The options of a pruning run, shared by prune and demo, and the settings they make.</summary>
/// <param name="usualTokens">Calibration tokens where the user gives none; null follows the model.</param>
/// <param name="usuallyQuick">Whether a run is quick where the user does not say.</param>
internal sealed class PruneOptions(Session session, int? usualTokens = null, bool usuallyQuick = false)
{
    private const int MostTokens = 1 << 30, MostPositions = 1 << 20, MostContinuations = 100, MostTiming = 3600;

    private readonly Option<string> calibration = Options.Typed("--calibration", "FILE|self",
        "Text, JSONL or .bin token ids; self samples from the dense model.", Values.Calibration, Values.Self);

    private readonly Option<Metric?> metric = Options.Typed<Metric?>("--metric", "NAME",
        "What the target counts: prefill, decode, mix, parameters, prunable or bytes. [default: decode for 1.5x, prunable for 0.5]",
        text => Metrics.Parse(text));

    private readonly Option<int?> tokens = Options.Typed<int?>("--tokens", "N", "Calibration tokens, a multiple of the window. "
        + (usualTokens is { } usual ? $"[default: {usual}]"
            : $"[default: {PruneSettings.TokensPerColumn} for each column of the widest projection, at least {PruneSettings.DefaultTokens}]"),
        text => Values.Whole("--tokens", text, 2, MostTokens));

    private readonly Option<TimeSpan?> time = Options.Typed<TimeSpan?>("--time", "TIME",
        "How long the run may take, about, such as 1h or 90m: chooses the text where --tokens does not; the default method searches as long as it lasts.",
        text => Values.Time("--time", text));

    private readonly Option<int> window = Options.Whole("--window", "Tokens per window.", PruneSettings.DefaultWindow, 2, MostPositions);

    private readonly Option<int> continuations = Options.Whole("--continuations",
        "Windows that the model writes on from each calibration window: more text of the kind where there is little.", 0, 0, MostContinuations);

    private readonly Option<string> method = Options.Typed("--method", "NAME", $"One of {MethodCatalog.Names}; 'forgeprune methods' tells of each.",
        text => MethodCatalog.Find(text).Name, MethodCatalog.Default.Name);

    private readonly Option<PlanShapes> shapes = Options.Typed("--shapes", "free|uniform|decilm",
        "What a plan may look like: anything; layers that are all alike, for stock classes; or what DeciLM classes hold.", PlanShapes.Parse, PlanShapes.Free);

    private readonly Option<int> seed = Options.Whole("--seed", "Seed of everything random.", 0, 0, int.MaxValue);

    private readonly Option<int> threads = Options.Threads();

    private readonly Option<string> device = Options.Device();

    private readonly Option<ServingProvider?> provider =
        Options.Provider("cuda with --device cuda, where this build's ONNX Runtime has its provider; else cpu");

    private readonly Option<bool> graph = Options.CudaGraph();

    private readonly Option<Workload?> workload = Options.Workload();

    private readonly Option<int?> timing = Options.Typed<int?>("--timing-seconds", "N",
        $"Most seconds that finished models are timed in each phase. [default: {PruneSettings.FullTiming}, with --quick {PruneSettings.QuickTiming}]",
        text => Values.Whole("--timing-seconds", text, 1, MostTiming));

    private readonly Option<long?> memory = Options.Typed<long?>("--memory", "SIZE",
        "Memory that may be taken, such as 6GB; steps that load a whole model are left out where it does not fit. [default: what the machine has]",
        text => Values.Size("--memory", text));

    private readonly Option<bool> quick = new("--quick") { Description = "Search and time less, for a first look.", DefaultValueFactory = _ => usuallyQuick };

    private readonly QuantizeOptions quantize = new("Also write the pruned model with its projections in so many bits, as onnx-int8 or onnx-int4.");

    private readonly FormatOptions format = new(["onnx", "onnx,gguf"], "Also write the pruned model as a GGUF file for llama.cpp, in the folder gguf.");

    private readonly Option<string?> evaluation = Options.Typed<string?>("--eval", "FILE",
        "Text for perplexity and divergence. [default: the part of the calibration text that nothing was fitted to]", text => Values.ExistingText("--eval", text));

    private readonly Option<PolishChoice?> polish = Options.Typed<PolishChoice?>("--polish", "on|off|auto",
        "Train norms and factors of channels for a few passes over the calibration text, and keep the result where it helps. "
        + "[default: auto, which is on for small models unless --quick or --recover is given]", Polish);

    private readonly RecoveryOptionSet recovery = new();

    private readonly MethodOptions methodOptions = new();

    /// <summary>A first run needs none of those that come later, and those of a method stand by themselves.</summary>
    public HelpLayout Layout => new(
        [window, continuations, time, polish, shapes, timing, graph, .. recovery.Details, .. quantize.Details, .. format.Details], [.. methodOptions.Groups]);

    /// <param name="without">Names of options that the verb sets itself.</param>
    public void AddTo(Command command, params string[] without)
    {
        Option[] all =
        [
            metric, calibration, tokens, window, time, continuations, evaluation, method, shapes, .. recovery.Asking, .. recovery.Details, quantize.Asking,
            .. quantize.Details, format.Asking, .. format.Details, polish, quick, workload, timing, seed, device, provider, graph, threads, memory,
            .. methodOptions.All,
        ];
        foreach (var option in all.Where(option => !without.Contains(option.Name)))
            command.Options.Add(option);
    }

    /// <inheritdoc cref="MethodOptions.RequireOfUse"/>
    public void RequireOfUse(ParseResult line, params string[] methods) => methodOptions.RequireOfUse(line, methods);

    /// <summary>As above, for the one method that <c>--method</c> names.</summary>
    /// <exception cref="BadInputException">An option was given that the method does not take.</exception>
    public void RequireOfUse(ParseResult line) => methodOptions.RequireOfUse(line, line.GetValue(method)!);

    public PruneSettings Read(ParseResult line, string model, string place, string target)
    {
        var settings = new PruneSettings
        {
            Model = model,
            Out = place,
            Target = Values.Target(target, line.GetValue(metric)),
            Calibration = line.GetValue(calibration) is var given and not Values.Self ? given : null,
            Tokens = line.GetValue(tokens) ?? usualTokens,
            Time = line.GetValue(time),
            Continuations = line.GetValue(continuations),
            Window = line.GetValue(window),
            Method = Method(line, line.GetValue(method) ?? MethodCatalog.Default.Name),
            Shapes = line.GetValue(shapes)!,
            Seed = line.GetValue(seed),
            Threads = session.Threads(line.GetValue(threads)),
            Device = Values.Computing(line.GetValue(device)!),
            Provider = Options.Serving(ProviderChoice.Of(line.GetValue(provider), line.GetValue(device)!), line.GetValue(graph)),
            Workload = line.GetValue(workload) ?? Workload.Usual,
            Quick = line.GetValue(quick),
            Evaluation = line.GetValue(evaluation),
            Polish = line.GetValue(polish) ?? PolishChoice.Auto,
            Recovery = recovery.Read(line),
            Quantize = quantize.Read(line),
            Gguf = format.Read(line),
            Command = Words(line),
        };
        if (line.GetValue(memory) is { } allowed)
            settings = settings with { Memory = allowed };
        if (line.GetValue(timing) is { } seconds)
            settings = settings with { TimingSeconds = seconds };
        Values.NotEmpty("--out", settings.Out);
        settings.Require();
        return settings;
    }

    private static PolishChoice? Polish(string value) => value switch
    {
        "on" => PolishChoice.On,
        "off" => PolishChoice.Off,
        "auto" => PolishChoice.Auto,
        _ => throw new BadInputException($"--polish '{value}' is unknown; use on, off or auto"),
    };

    /// <summary>The method of a name, with its own options.</summary>
    public PruningMethod Method(ParseResult line, string name) => methodOptions.Read(line, MethodCatalog.Find(name));

    /// <summary>The command line as it can be typed again.</summary>
    public static string Words(ParseResult line) =>
        string.Join(' ', line.Tokens.Select(token => token.Value).Prepend(CommandTree.Name).Select(ShellWords.Typed));
}
