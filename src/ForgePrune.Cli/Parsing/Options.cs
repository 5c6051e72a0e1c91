using System.CommandLine;
using System.CommandLine.Parsing;
using ForgePrune.Errors;
using ForgePrune.Methods;
using ForgePrune.Serving;

namespace ForgePrune.Cli.Parsing;

/// <summary>Options and arguments whose values are checked while the line is read; a bad one is a sentence.</summary>
internal static class Options
{
    public static Option<T> Typed<T>(string name, string valueName, string help, Func<string, T> read) =>
        new(name) { HelpName = valueName, Description = help, CustomParser = Reader(read) };

    public static Option<T> Typed<T>(string name, string valueName, string help, Func<string, T> read, T @default)
    {
        var option = Typed(name, valueName, help, read);
        option.DefaultValueFactory = _ => @default;
        return option;
    }

    /// <summary>An option that a method's guide declares.</summary>
    /// <param name="read">Gets the option's name and the text.</param>
    public static Option<T> Of<T>(MethodOption declared, Func<string, string, T> read)
    {
        var usual = declared.Default is null ? "" : $" [default: {declared.Default}]";
        return Typed(declared.Name, declared.Value, declared.Help.Trim() + usual, text => read(declared.Name, text));
    }

    public static Option<int> Whole(string name, string help, int @default, int least, int most) =>
        Typed(name, "N", help, text => Values.Whole(name, text, least, most), @default);

    /// <summary>What is timed; <see cref="Workload.Usual"/> where none is given.</summary>
    public static Option<Workload?> Workload() => Typed<Workload?>(Values.WorkloadName, Values.WorkloadParts,
        "What is timed: requests at once, tokens of the prompt, and tokens in the cache at a decode step. [default: 1,128,128]", Values.Workload);

    public static Option<bool> Json() => new("--json") { Description = "Print the figures as JSON; nothing else goes to stdout." };

    public static Option<int> Threads() =>
        Whole("--threads", "Threads that compute; no more than there are processors are used.", Environment.ProcessorCount, 1, 1024);

    public static Option<string> Device() =>
        Typed("--device", "NAME", "Where Grams, levels and refits are computed: cpu, cuda, cuda:1, cuda:all, opencl; ilgpu-cpu checks the GPU kernels.",
            Values.Device, "cpu");

    /// <summary>What models run on; null where none is given.</summary>
    public static Option<ServingProvider?> Provider(string usual = "cpu") => Typed<ServingProvider?>("--provider", "cpu|cuda",
        $"What models run on: the processor, or a GPU of NVIDIA in float16, a second one as cuda:1, in bfloat16 as cuda/bf16. [default: {usual}]",
        ServingProvider.Parse);

    public static Option<bool> CudaGraph() => new("--cuda-graph")
    {
        Description = "Time decode steps as CUDA graphs, captured once and replayed; needs --provider cuda.",
    };

    /// <summary>The provider of a command line.</summary>
    /// <param name="graph">Whether <see cref="CudaGraph"/> was given.</param>
    public static ServingProvider Serving(ServingProvider provider, bool graph) => graph ? provider.WithCudaGraph() : provider;

    public static Argument<string> Model(string name = "MODEL", string help = "Hugging Face folder, llama2.c file, or a folder ForgePrune wrote.") =>
        new(name) { Description = help, CustomParser = Reader(text => Values.ExistingModel(name, text)) };

    /// <summary>Those that the user typed.</summary>
    public static IEnumerable<Option> Given(ParseResult line, IEnumerable<Option> options) =>
        options.Where(option => line.GetResult(option) is { Implicit: false });

    /// <summary>A reader for System.CommandLine whose faults become parse errors.</summary>
    public static Func<ArgumentResult, T?> Reader<T>(Func<string, T> read) => result =>
    {
        try
        {
            return read(result.Tokens[0].Value);
        }
        catch (BadInputException fault)
        {
            result.AddError(fault.Message);
            return default;
        }
    };
}
