using System.CommandLine;
using ForgePrune.Cli.Parsing;
using ForgePrune.Errors;
using ForgePrune.Gguf;

namespace ForgePrune.Cli.Verbs;

/// <summary>The options that say which files are written, shared by prune and export.</summary>
/// <param name="allowed">The values of --format, each a list of formats; the first is the default.</param>
/// <param name="help">What the verb does with them.</param>
internal sealed class FormatOptions(string[] allowed, string help)
{
    private const string Gguf = "gguf";

    /// <summary>A safetensors folder for DeciLM classes.</summary>
    public const string Decilm = "decilm";

    private readonly Option<string?> format = Options.Typed<string?>(
        "--format", string.Join('|', allowed), $"{help} [default: {allowed[0]}]", text => Offered(allowed, text));

    private readonly Option<GgufType?> type = Options.Typed<GgufType?>("--type", "f32|f16|q8_0|q4_0",
        "How a GGUF file stores matrices; q8_0 and q4_0 are found by GPTQ on the calibration text. [default: f32]", text => GgufTypes.Parse(text));

    public Option Asking => format;

    public IEnumerable<Option> Details => [type];

    /// <returns>The type of the GGUF file; null where none is asked for.</returns>
    /// <exception cref="BadInputException">A type without a GGUF file.</exception>
    public GgufType? Read(ParseResult line)
    {
        var given = line.GetValue(type);
        if (line.GetValue(format) is { } asked && Holds(asked))
            return given ?? GgufType.F32;
        return given is null ? null
            : throw new BadInputException(
                $"{type.Name} says how a GGUF file stores matrices, but none is asked for; add {format.Name} {allowed.First(value => Holds(value))}");
    }

    /// <summary>Whether a format is asked for by its name.</summary>
    public bool Asks(ParseResult line, string name) => line.GetValue(format)?.Split(',').Contains(name) ?? false;

    private static string Offered(string[] allowed, string text)
    {
        var asked = Values.Parts("--format", text).Order().ToArray();
        return allowed.FirstOrDefault(value => value.Split(',').Order().SequenceEqual(asked))
            ?? throw new BadInputException($"--format '{text}' is not offered; use {string.Join(" or ", allowed)}");
    }

    private static bool Holds(string formats) => formats.Split(',').Contains(Gguf);
}
