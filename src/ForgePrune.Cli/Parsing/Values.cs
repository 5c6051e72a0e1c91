using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using ForgePrune.Errors;
using ForgePrune.IO;
using ForgePrune.Kernels;
using ForgePrune.Kernels.Gpu;
using ForgePrune.Methods.SelfPruner;
using ForgePrune.Pipeline.Runs;
using ForgePrune.Tokens.Text;

namespace ForgePrune.Cli.Parsing;

/// <summary>One typed reading per kind of value; each fault is one sentence with the value, what is allowed and the cure.</summary>
internal static partial class Values
{
    private static readonly TimeSpan LeastTime = TimeSpan.FromMinutes(1), MostTime = TimeSpan.FromHours(240);

    private const double LeastMemory = 1e8, MostMemory = 1e14;

    /// <summary>Stands for text that the dense model writes.</summary>
    public const string Self = "self";

    public const string WorkloadName = "--workload", WorkloadParts = "BATCH,PROMPT,CONTEXT";

    private const int MostRequests = 4096, MostPositions = 1 << 20;

    private static readonly (string Unit, double Bytes)[] Units = [("MiB", 1L << 20), ("GiB", 1L << 30), ("MB", 1e6), ("GB", 1e9)];

    public static int Whole(string name, string text, int least, int most)
    {
        if (!long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value))
            throw new BadInputException($"{name} '{text}' is not a whole number; give one from {least} to {most}");
        if (value < least || value > most)
            throw new BadInputException($"{name} {text} is out of range; give a whole number from {least} to {most}");
        return (int)value;
    }

    public static double Number(string name, string text, double least, double most)
    {
        if (double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) && value >= least && value <= most)
            return value;
        throw new BadInputException(
            string.Create(CultureInfo.InvariantCulture,
                $"{name} '{text}' is no number from {least} to {most}; give one, such as {Math.Sqrt(least * most):0.####}"));
    }

    /// <summary>Bytes from a number with a unit: MB and GB count in thousands, MiB and GiB in 1024.</summary>
    public static long Size(string name, string text)
    {
        foreach (var (unit, bytes) in Units)
        {
            if (text.EndsWith(unit, StringComparison.OrdinalIgnoreCase)
                && double.TryParse(text.AsSpan(0, text.Length - unit.Length), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var count)
                && count * bytes is >= LeastMemory and <= MostMemory)
            {
                return (long)(count * bytes);
            }
        }

        throw new BadInputException($"{name} '{text}' is no size from 100MB to 100000GB; give a number with a unit, such as 6GB");
    }

    /// <summary>A time such as 90s, 45m, 2h or 1h30m.</summary>
    public static TimeSpan Time(string name, string text)
    {
        var match = TimeParts().Match(text);
        var (hours, minutes, seconds) = (Part(1), Part(2), Part(3));
        var time = TimeSpan.FromSeconds((hours * 3600) + (minutes * 60) + seconds);
        if (match.Success && text.Length > 0 && time >= LeastTime && time <= MostTime)
            return time;
        throw new BadInputException($"{name} '{text}' is no time from 1m to 240h; give hours, minutes and seconds, such as 2h, 45m or 1h30m");

        double Part(int group) => match.Groups[group] is { Success: true, Value: var value } ? double.Parse(value, CultureInfo.InvariantCulture) : 0;
    }

    [GeneratedRegex(@"^(?:([0-9]{1,5})h)?(?:([0-9]{1,5})m)?(?:([0-9]{1,6})s)?\z")]
    private static partial Regex TimeParts();

    public static Workload Workload(string text)
    {
        var parts = text.Split(',', StringSplitOptions.TrimEntries);
        if (parts.Length != 3)
            throw new BadInputException($"{WorkloadName} '{text}' has {parts.Length} parts where there are three; give {WorkloadParts}, such as 1,128,128");
        return new Workload(Part("BATCH", parts[0], MostRequests), Part("PROMPT", parts[1], MostPositions), Part("CONTEXT", parts[2], MostPositions));

        int Part(string part, string value, int most) => Whole($"{WorkloadName} {text}: {part}", value, 1, most);
    }

    public static string Device(string text) => text.Split(':') switch
    {
        _ when GpuComputeDevice.Bare(text) is var bare && bare != text && bare.StartsWith("cuda", StringComparison.Ordinal) && !bare.Contains('/') =>
            Device(bare) + GpuComputeDevice.Exact,
        ["cpu" or "cuda" or "opencl" or "ilgpu-cpu"] or ["cuda", "all"] => text,
        ["ilgpu-cpu", "1" or "4" or "16"] => text,
        ["cuda" or "opencl", var number] when number.Length is > 0 and < 4 && number.All(char.IsAsciiDigit) => text,
        _ => throw new BadInputException($"--device '{text}' is unknown; use cpu, cuda, opencl, a second GPU as cuda:1, cuda:all, or ilgpu-cpu"),
    };

    /// <summary>The device of a name that <see cref="Device"/> let through.</summary>
    public static ComputeDevice Computing(string name) => name == ComputeDevice.Cpu.Name ? ComputeDevice.Cpu : new GpuComputeDevice(name);

    public static string KernelTarget(string text)
    {
        var targets = Engine.KernelCatalog.Targets;
        return targets.Contains(text, StringComparer.Ordinal) ? text
            : throw new BadInputException($"--target '{text}' is no architecture that kernels are compiled for; use {string.Join(", ", targets)}");
    }

    public static string Interface(string text) => Verbs.GpuSurvey.Names.Contains(text, StringComparer.Ordinal) ? text
        : throw new BadInputException($"--api '{text}' is no interface to GPUs; use {string.Join(" or ", Verbs.GpuSurvey.Names)}");

    /// <summary>Without a metric a speed-up such as 1.5x means decode, a share such as 0.5 prunable parameters.</summary>
    public static Target Target(string text, Metric? metric) => metric is { } named ? ForgePrune.Target.Parse(text, named) : ForgePrune.Target.Parse(text);

    public static string ExistingModel(string name, string text)
    {
        RequireWholeLink(name, text);
        return Path.Exists(text) ? text
            : throw new BadInputException($"{name} '{text}' does not exist; name a Hugging Face folder, a llama2.c file or a folder ForgePrune wrote");
    }

    private static void RequireWholeLink(string name, string text)
    {
        if (Link.Broken(text) is { } target)
            throw new BadInputException($"{name} '{text}' is a link to '{target}', which leads nowhere; mend the link, or name what it should lead to");
    }

    public static string ExistingText(string name, string text)
    {
        if (StandardStreams.IsClosedInput(text))
            throw new BadInputException($"{name} '{text}' is stdin, which is closed; name a file, or send text into stdin");
        RequireWholeLink(name, text);
        if (Directory.Exists(text))
            throw new BadInputException($"{name} '{text}' is a folder; name a text, JSONL or .bin token file");
        if (!File.Exists(text))
            throw new BadInputException($"{name} '{text}' does not exist; name a text, JSONL or .bin token file");
        // What a pipe holds shows when it is read.
        if (!FileKind.IsRegular(text))
            return text;
        if (new FileInfo(text).Length == 0)
            throw new BadInputException($"{name} '{text}' is empty; name a file with text in it");
        Windows.RequireKnownFormat(text);
        return text;
    }

    public static string Proposer(string text) => ProposerSettings.Names.Contains(text)
        ? text
        : throw new BadInputException($"--proposer '{text}' is unknown; use one of {string.Join(", ", ProposerSettings.Names)}");

    /// <summary>An address to send to. A name or password in it would end up in the run's files.</summary>
    public static Uri Address(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var address) && address is { Scheme: "http" or "https", UserInfo: "", Fragment: "" }
        ? address
        : throw new BadInputException($"--proposer-url is no http or https address without user and fragment; give one such as http://127.0.0.1:8080/v1");

    /// <summary>Paths parted by commas, each of them there.</summary>
    public static string[] Tasks(string text) =>
        [.. Parts("--tasks", text).Select(path => Path.Exists(path) ? path
            : throw new BadInputException($"--tasks '{path}' does not exist; name a task file or a folder with task files"))];

    /// <summary>Words parted by commas, none of them empty and none twice.</summary>
    public static string[] Parts(string name, string text)
    {
        var parts = text.Split(',', StringSplitOptions.TrimEntries);
        if (parts.Any(part => part.Length == 0))
            throw new BadInputException($"{name} '{text}' has an empty part; part what you name by single commas");
        return parts.Distinct(StringComparer.Ordinal).Count() == parts.Length ? parts
            : throw new BadInputException($"{name} '{text}' names one twice; name each once");
    }

    /// <summary>A text, or <see cref="Self"/>. System.CommandLine takes no null for what was typed.</summary>
    public static string Calibration(string text) => text == Self ? text : ExistingText("--calibration", text);

    public static string NotEmpty(string name, string text) =>
        text.Length > 0 ? text : throw new BadInputException($"{name} is empty; give it a value");

    /// <summary>A place for a new folder, which appears by rename: nothing may be there, and above it only folders, none of them a run's.</summary>
    public static string NewFolder(string name, string text)
    {
        var folder = Path.TrimEndingDirectorySeparator(NotEmpty(name, text));
        var place = IO.NewFolder.PathOf(folder);
        if (IO.NewFolder.IsTaken(place))
            throw new BadInputException($"{name} '{text}' exists already; name another folder or remove it");
        const int longest = IO.NewFolder.LongestName;
        if (Encoding.UTF8.GetByteCount(Path.GetFileName(place)) is var bytes and > longest)
            throw new BadInputException($"{name} ends in a name of {bytes} bytes, and no folder of more than {longest} can be made; give a shorter name");
        if (IO.NewFolder.NoFolderAbove(place) is { } file)
            throw new BadInputException($"{name} '{text}' lies below {file}, which is no folder; name a place in a folder");
        for (var above = Path.GetDirectoryName(place); above is not null; above = Path.GetDirectoryName(above))
        {
            if (RunFolder.IsRun(above))
                throw new BadInputException($"{name} '{text}' lies in {above}, a run folder, where a later run may make it anew; name a place outside");
        }

        return folder;
    }
}
