using System.Globalization;
using System.Text.Json;
using ForgePrune.Testing;

namespace ForgePrune.Cli.Tests.EndToEnd;

/// <summary>A run made by many processes has the bytes of a run made by one, whatever happens to them.</summary>
[NonParallelizable]
[Category("EndToEnd")]
public sealed class JobsTests
{
    // FORGEPRUNE_ROUNDS=50 asks for more.
    private static readonly int Rounds = Asked(2);

    private const int Layers = 6;

    private static readonly string[] Stages = ["borders", "calibration", "levels", "prices", "plans", "contest-1"];

    [Test]
    public void Submitted_to_this_machine_it_gives_the_bytes_of_one_process()
    {
        using var folder = new TemporaryFolder();
        SyntheticRun.Write(folder, Layers);
        Plan(folder, "many");
        var tool = Tool.Run(folder, "jobs", "submit", "local", "many", "--workers", "3");
        Assert.That(tool.ExitCode, Is.Zero, tool.Error);
        Assert.That(tool.Error, Does.Contain("made by other processes"));
        RequireEqual(folder, "many");
        var state = State(folder, "many");
        Assert.That(state.GetProperty("done").GetBoolean());
        Assert.That(state.GetProperty("working").GetArrayLength(), Is.Zero);
        Assert.That(Directory.Exists(folder["many/parts"]), Is.False, "of no use any more");
    }

    [Test]
    public void Workers_killed_at_random_and_started_twice_leave_items_that_are_finished_by_others()
    {
        TestContext.Out.WriteLine($"seed {KilledRunTests.Seed}, {Rounds} rounds");
        var random = new Random(KilledRunTests.Seed);
        using var folder = new TemporaryFolder();
        SyntheticRun.Write(folder, Layers);
        Plan(folder, "many");
        foreach (var stage in Stages)
        {
            Done(folder, "jobs", "collect", "many", "--before", stage);
            for (var round = 0; round < Rounds; round++)
            {
                // Both make the same items at once.
                using var first = new RunningTool(folder, Work(stage, "1/2"));
                using var second = new RunningTool(folder, Work(stage, "1/2"));
                Thread.Sleep(random.Next(200, 2500));
                first.Kill();
                Thread.Sleep(random.Next(0, 300));
                second.Kill();
                first.End();
                second.End();
            }

            using var twin = new RunningTool(folder, Work(stage, "1/2"));
            Done(folder, Work(stage, "1/2"));
            Assert.That(twin.End().ExitCode, Is.Zero);
            if (stage == "prices")
            {
                int[] missing = [.. Missing(folder, stage)];
                Assert.That(missing, Is.EqualTo([1, 3, 5]), "the second share was nobody's");
            }
        }

        // The second share of the prices was made by nobody: whoever collects makes it.
        Done(folder, "jobs", "collect", "many");
        RequireEqual(folder, "many");
        Assert.That(FolderBytes.Unfinished(folder["many"]), Is.Empty);
    }

    /// <summary>Collectors and workers of submitted runs die at random moments; the same words make the rest, a run in each round.</summary>
    [Test]
    [Platform("Linux")]
    public void Submitted_runs_whose_processes_are_killed_at_random_have_the_bytes_of_one_process()
    {
        // A run of its own in each takes as long as many kills of one stage.
        var rounds = Asked(1);
        TestContext.Out.WriteLine($"seed {KilledRunTests.Seed}, {rounds} rounds");
        var random = new Random(KilledRunTests.Seed);
        using var folder = new TemporaryFolder();
        SyntheticRun.Write(folder, Layers);
        var (killed, submitted) = (0, 0);
        for (var round = 0; round < rounds; round++)
        {
            var run = $"many-{round}";
            Plan(folder, run);
            for (var (left, exit) = (random.Next(1, 5), 1); exit != 0; submitted++)
            {
                Assert.That(submitted, Is.LessThan(6 * (round + 1)), "each submit makes something");
                using var tool = new RunningTool(folder, "jobs", "submit", "local", run, "--workers", "3");
                while (left > 0 && !tool.EndsWithin(TimeSpan.FromMilliseconds(random.Next(300, 4000))))
                {
                    var children = tool.Children();
                    if (children.Length == 0)
                        continue;
                    RunningTool.Kill(children[random.Next(children.Length)]);
                    (killed, left) = (killed + 1, left - 1);
                }

                exit = tool.End().ExitCode;
            }

            RequireEqual(folder, run);
            Assert.That(FolderBytes.Unfinished(folder[run]), Is.Empty);
            Directory.Delete(folder[run], recursive: true);
        }

        TestContext.Out.WriteLine($"{killed} processes killed in {submitted} submits of {rounds} runs");
        Assert.That(killed, Is.Positive);
    }

    [Test]
    public void A_damaged_item_is_made_again()
    {
        using var folder = new TemporaryFolder();
        SyntheticRun.Write(folder, Layers);
        Plan(folder, "many");
        foreach (var stage in Stages)
        {
            Done(folder, "jobs", "collect", "many", "--before", stage);
            Done(folder, Work(stage, "1/1"));
            foreach (var file in Directory.GetFiles(folder["many/parts"], "*", SearchOption.AllDirectories).Where((_, index) => index % 2 == 0))
            {
                var bytes = File.ReadAllBytes(file);
                bytes[^40] ^= 1;
                File.WriteAllBytes(file, bytes);
            }
        }

        Done(folder, "jobs", "collect", "many");
        RequireEqual(folder, "many");
    }

    /// <summary>A trained model, in the format of llama2.c. Nobody has made borders: a part of the calibration finds its way from the text, and says
    /// so.</summary>
    [Test]
    public void A_story_model_made_in_parts_has_the_bytes_of_one_process()
    {
        var model = Shared.File("models/stories260K/stories260K.bin");
        using var folder = new TemporaryFolder();
        SyntheticRun.WriteText(folder["text.bin"], SyntheticRun.Windows, vocab: 512);
        Done(folder, Words("whole"));
        Done(folder, Words("many", "--plan-jobs"));
        Done(folder, "jobs", "collect", "many", "--before", "calibration");
        var second = Tool.Run(folder, Work("calibration", "2/2"));
        Assert.That(second.ExitCode, Is.Zero, second.Error);
        Assert.That(second.Error, Does.Contain("the hidden states before layer 3 are not all there; layers 0 to 2 are computed again"));
        Done(folder, "jobs", "collect", "many");
        RequireEqual(folder, "many", FolderBytes.OfResult(folder["whole"]));

        string[] Words(string place, params string[] further) => [.. PruneRun.Words(place, further).Select(word => word == "model" ? model : word)];
    }

    [Test]
    public void SIGTERM_ends_a_worker_with_130_and_the_same_words_go_on()
    {
        using var folder = new TemporaryFolder();
        SyntheticRun.Write(folder, layers: 8);
        Plan(folder, "many");
        Done(folder, "jobs", "collect", "many", "--before", "levels");
        using (var tool = new RunningTool(folder, Work("levels", "1/1")))
        {
            while (!tool.HasExited && !Directory.Exists(folder["many/jobs/working"]))
                Thread.Sleep(5);
            tool.AskToEnd();
            var ended = tool.End();
            Assert.That(ended.ExitCode, Is.EqualTo(130).Or.Zero, ended.Error);
        }

        Assert.That(Directory.GetFiles(folder["many/jobs/working"]), Is.Empty);
        Done(folder, Work("levels", "1/1"));
        Assert.That(Missing(folder, "levels"), Is.Empty);
    }

    [Test]
    public void A_machine_whose_sums_differ_is_refused_by_name()
    {
        using var folder = new TemporaryFolder();
        SyntheticRun.Write(folder, layers: 2);
        Plan(folder, "many");
        Done(folder, "jobs", "collect", "many", "--before", "levels");
        var start = Tool.StartInfo(folder, Work("levels", "1/1"));
        start.Environment["DOTNET_EnableAVX2"] = "0";
        var tool = Tool.Run(start);
        Assert.That(tool.ExitCode, Is.EqualTo(2), tool.Error);
        Assert.That(tool.Fault(), Does.Contain("'levels'").And.Contain("1 threads").And.Contain("the same kind of machine"));
        Assert.That(Directory.Exists(folder["many/parts"]), Is.False);
    }

    [Test]
    public void Work_before_its_time_and_words_that_name_nothing_are_refused()
    {
        using var folder = new TemporaryFolder();
        SyntheticRun.Write(folder, layers: 2);
        Refused("holds no plan", "jobs", "status", "many");
        Plan(folder, "many");
        Refused("collect the run up to it first", Work("levels", "1/1"));
        Refused("no stage", Work("letters", "1/1"));
        Refused("no share", Work("levels", "3/2"));
        Refused("does not say which share", Work("levels", "3"));
        Refused("no place to submit to", "jobs", "submit", "nowhere", "many");

        void Refused(string reason, params string[] words)
        {
            var tool = Tool.Run(folder, words);
            Assert.That(tool.ExitCode, Is.EqualTo(2), tool.Error);
            Assert.That(tool.Fault(), Does.Contain(reason));
        }
    }

    private static int Asked(int usual) =>
        Environment.GetEnvironmentVariable("FORGEPRUNE_ROUNDS") is { Length: > 0 } text ? int.Parse(text, CultureInfo.InvariantCulture) : usual;

    private static string[] Work(string stage, string part) => ["jobs", "work", "many", "--stage", stage, "--part", part];

    internal static void Plan(TemporaryFolder folder, string place) => Done(folder, PruneRun.Words(place, "--plan-jobs"));

    private static void Done(TemporaryFolder folder, params string[] words)
    {
        var tool = Tool.Run(folder, words);
        Assert.That(tool.ExitCode, Is.Zero, tool.Error);
    }

    private static JsonElement State(TemporaryFolder folder, string run)
    {
        var tool = Tool.Run(folder, "jobs", "status", run, "--json");
        Assert.That(tool.ExitCode, Is.Zero, tool.Error);
        return JsonDocument.Parse(tool.Output).RootElement.Clone();
    }

    private static IEnumerable<int> Missing(TemporaryFolder folder, string stage) => State(folder, "many").GetProperty("stages").EnumerateArray()
        .Single(state => state.GetProperty("stage").GetString() == stage).GetProperty("missing").EnumerateArray().Select(item => item.GetInt32());

    private static void RequireEqual(TemporaryFolder folder, string run, string[]? whole = null) =>
        Assert.That(FolderBytes.OfResult(folder[run]), Is.EqualTo(whole ?? WholeRun.Bytes(Layers)).And.Length.GreaterThan(5));
}
