using ForgePrune.Pipeline;
using ForgePrune.Search.Costs;
using ForgePrune.Testing;

namespace ForgePrune.Onnx.Tests.Pipeline;

/// <summary>A folder with a model and a text that are made in a moment, and runs on them.</summary>
public abstract class SyntheticRunFixture
{
    private TemporaryFolder folder = null!;
    private string? cache;

    [OneTimeSetUp]
    public void Make()
    {
        folder = new TemporaryFolder();
        SyntheticRun.Write(folder);
        // Times measured for tests do not belong into the user's cache.
        cache = Environment.GetEnvironmentVariable("XDG_CACHE_HOME");
        Environment.SetEnvironmentVariable("XDG_CACHE_HOME", folder["cache"]);
    }

    [OneTimeTearDown]
    public void Remove()
    {
        Environment.SetEnvironmentVariable("XDG_CACHE_HOME", cache);
        folder.Dispose();
    }

    private protected TemporaryFolder Folder => folder;

    /// <param name="name">The run folder, inside <see cref="Folder"/>.</param>
    private protected PruneSettings Settings(string name, Target target) => SyntheticSettings.Of(folder, name) with { Target = target };
}
