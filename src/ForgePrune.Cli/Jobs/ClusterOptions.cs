using System.CommandLine;
using System.Text.RegularExpressions;
using ForgePrune.Cli.Parsing;
using ForgePrune.Errors;

namespace ForgePrune.Cli.Jobs;

/// <summary>Where jobs are submitted to.</summary>
internal enum JobPlace
{
    Local,
    Slurm,
    Kubernetes,
}

/// <summary>What a scheduler is asked for.</summary>
/// <param name="Partition">Slurm's partition; null leaves it to the scheduler, as with all others.</param>
/// <param name="Account">Slurm's account.</param>
/// <param name="Constraint">Slurm's constraint on nodes: all must have the same kind of processor.</param>
/// <param name="Time">The limit of each job.</param>
/// <param name="Memory">Bytes of each job; null takes the plan's estimates.</param>
/// <param name="Image">The container image, for Kubernetes.</param>
/// <param name="Claim">The volume claim that holds run and model, for Kubernetes.</param>
/// <param name="Mount">Where it is mounted.</param>
internal sealed record ClusterSettings(
    string? Partition, string? Account, string? Constraint, TimeSpan? Time, long? Memory, string Image, string Claim, string Mount);

/// <summary>The options of submit that only schedulers understand.</summary>
internal sealed partial class ClusterOptions
{
    private readonly Option<string?> partition = Word("--partition", "NAME", "Slurm: the partition."),
        account = Word("--account", "NAME", "Slurm: the account."),
        constraint = Word("--constraint", "FEATURE", "Slurm: features of the nodes; all must have the same kind of processor."),
        image = Word("--image", "IMAGE", "Kubernetes: the container image. [default: forgeprune:latest]"),
        claim = Word("--claim", "NAME", "Kubernetes: the volume claim that holds run and model. [default: forgeprune]"),
        mount = Word("--mount", "PATH", "Kubernetes: where the claim is mounted. [default: /data]");

    private readonly Option<TimeSpan?> time = Options.Typed<TimeSpan?>("--time", "TIME",
        "Slurm: the limit of each job, such as 12h. A job that meets it goes on in the queue.", text => Values.Time("--time", text));

    private readonly Option<long?> memory = Options.Typed<long?>("--memory", "SIZE", "Memory of each job, such as 64GB. [default: the plan's estimate]",
        text => Values.Size("--memory", text));

    public void AddTo(Command command)
    {
        foreach (var option in All)
            command.Options.Add(option);
    }

    /// <exception cref="BadInputException">An option would have no effect there.</exception>
    public ClusterSettings Read(ParseResult line, JobPlace place)
    {
        if (Options.Given(line, All.Except(Of(place))).FirstOrDefault() is { } given)
            throw new BadInputException($"{given.Name} is of no use to {place.ToString().ToLowerInvariant()}; leave it out");
        return new ClusterSettings(
            line.GetValue(partition), line.GetValue(account), line.GetValue(constraint), line.GetValue(time), line.GetValue(memory),
            line.GetValue(image) ?? "forgeprune:latest", line.GetValue(claim) ?? "forgeprune", line.GetValue(mount) ?? "/data");
    }

    public static JobPlace Place(string text) => text switch
    {
        "local" => JobPlace.Local,
        "slurm" => JobPlace.Slurm,
        "kubernetes" => JobPlace.Kubernetes,
        _ => throw new BadInputException($"'{text}' is no place to submit to; use local, slurm or kubernetes"),
    };

    private Option[] All => [partition, account, constraint, time, memory, image, claim, mount];

    private Option[] Of(JobPlace place) => place switch
    {
        JobPlace.Slurm => [partition, account, constraint, time, memory],
        JobPlace.Kubernetes => [memory, image, claim, mount],
        _ => [],
    };

    private static Option<string?> Word(string name, string value, string help) => Options.Typed<string?>(name, value, help,
        text => Plain().IsMatch(text) ? text
            : throw new BadInputException($"{name} '{text}' holds letters that no scheduler takes; use letters, digits and ._:/@&|*-"));

    // Whatever stands here is written into scripts: nothing that a shell or YAML reads.
    [GeneratedRegex(@"^[A-Za-z0-9._:/@&|*-]+\z")]
    private static partial Regex Plain();
}
