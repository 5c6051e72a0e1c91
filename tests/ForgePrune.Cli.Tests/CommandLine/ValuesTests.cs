using System.CommandLine;
using ForgePrune.Cli.Jobs;
using ForgePrune.Cli.Parsing;
using ForgePrune.Cli.Verbs;
using ForgePrune.Errors;
using ForgePrune.Pipeline.Parts;
using ForgePrune.Testing;

namespace ForgePrune.Cli.Tests.CommandLine;

/// <summary>What is read from words, without a process for each.</summary>
public sealed class ValuesTests
{
    [TestCase("1h30m", 5400)]
    [TestCase("90s", 90)]
    public void A_time_is_read(string text, int seconds) => Assert.That(Values.Time("--time", text).TotalSeconds, Is.EqualTo(seconds));

    [TestCase("\u0661h", Description = "a digit that .NET counts as one and cannot read")]
    [TestCase("1h\n")]
    [TestCase("59s")]
    [TestCase("")]
    public void No_time_is_one_sentence(string text) =>
        Assert.That(() => Values.Time("--time", text), Throws.TypeOf<BadInputException>().With.Message.Contains("is no time from 1m to 240h"));

    [TestCase("0/3")]
    [TestCase("4/3")]
    [TestCase("3/0")]
    [TestCase("1/2/3")]
    [TestCase("-1/3")]
    public void No_share_is_one_sentence(string text) =>
        Assert.That(() => Shares.Read(text), Throws.TypeOf<BadInputException>().With.Message.Contains($"'{text}' is no share; give K/N").And
            .Message.Contains("K from 1 to N"));

    [TestCase("--partition cpu", JobPlace.Local, "--partition is of no use to local")]
    [TestCase("--memory 6GB", JobPlace.Local, "--memory is of no use to local")]
    [TestCase("--image i", JobPlace.Slurm, "--image is of no use to slurm")]
    [TestCase("--time 2h", JobPlace.Kubernetes, "--time is of no use to kubernetes")]
    [TestCase("--partition cpu --memory 6GB --time 2h", JobPlace.Slurm, null)]
    [TestCase("--image i --claim c --mount /m --memory 6GB", JobPlace.Kubernetes, null)]
    public void Options_of_another_scheduler_are_refused(string words, object place, string? sentence)
    {
        var (options, command) = (new ClusterOptions(), new Command("submit"));
        options.AddTo(command);
        var line = command.Parse(words.Split(' '), CommandTree.Parsing);
        Assert.That(line.Errors, Is.Empty);
        Assert.That(() => options.Read(line, (JobPlace)place), sentence is null ? Throws.Nothing
            : Throws.TypeOf<BadInputException>().With.Message.EqualTo($"{sentence}; leave it out"));
    }

    [Test]
    public void A_word_for_a_script_is_one_line()
    {
        var (options, command) = (new ClusterOptions(), new Command("submit"));
        options.AddTo(command);
        Assert.That(command.Parse(["--partition", "cpu\n"], CommandTree.Parsing).Errors, Has.Count.EqualTo(1));
    }

    [TestCase("nowhere")]
    [TestCase("link", Description = "a circle")]
    public void A_link_that_leads_nowhere_is_named(string target)
    {
        using var folder = new TemporaryFolder();
        File.CreateSymbolicLink(folder["link"], target);
        foreach (var read in new Func<string, string, string>[] { Values.ExistingModel, Values.ExistingText })
        {
            Assert.That(() => read("MODEL", folder["link"]),
                Throws.TypeOf<BadInputException>().With.Message.Contains($"is a link to '{target}', which leads nowhere"));
        }

        File.CreateSymbolicLink(folder["whole"], folder.Path);
        Assert.That(Values.ExistingModel("MODEL", folder["whole"]), Is.EqualTo(folder["whole"]));
    }

    [TestCase("self")]
    [TestCase(null)]
    public void Text_of_the_model_itself_may_be_asked_for_by_name(string? calibration)
    {
        using var folder = new TemporaryFolder();
        string[] words = ["prune", folder.Path, "--out", folder["run"], "--target", "0.5", .. calibration is null ? [] : (string[])["--calibration", calibration]];
        Assert.That(PruneVerb.Settings(new Session(default), words).Calibration, Is.Null);
    }

    [TestCase("null")]
    [TestCase("{}")]
    [TestCase("[]")]
    [TestCase("""{"folder":null,"words":["prune"],"threads":1,"workerBytes":1,"collectorBytes":1}""")]
    [TestCase("""{"folder":"/","words":null,"threads":1,"workerBytes":1,"collectorBytes":1}""")]
    public void A_damaged_plan_is_one_sentence(string json)
    {
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(PartPlan.FolderOf(folder.Path));
        File.WriteAllText(JobPlan.PathOf(folder.Path), json);
        Assert.That(() => JobPlan.Read(folder.Path), Throws.TypeOf<BadInputException>().With.Message.Contains("plan.json cannot be read; make it again"));
    }

    [TestCase("runs/a", ExpectedResult = "runs/a")]
    [TestCase("my runs/a", ExpectedResult = "'my runs/a'")]
    [TestCase("it's", ExpectedResult = "'it'\\''s'")]
    [TestCase("", ExpectedResult = "''")]
    public string A_word_can_be_typed_again(string word) => ShellWords.Typed(word);
}
