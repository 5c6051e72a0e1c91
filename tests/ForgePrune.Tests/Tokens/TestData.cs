namespace ForgePrune.Tests.Tokens;

/// <summary>Where the tests find the repository and what lies beside it.</summary>
internal static class TestData
{
    private static readonly string Repository = FindRepository();

    public static string Root(params string[] parts) => Path.Combine([Repository, .. parts]);

    /// <summary>A file under shared/ beside the repository; the test is skipped aloud where it is missing.</summary>
    public static string Shared(params string[] parts)
    {
        var path = Path.GetFullPath(Path.Combine([Repository, "..", "shared", .. parts]));
        if (!File.Exists(path) && !Directory.Exists(path))
            Assert.Ignore($"needs ../shared/{string.Join('/', parts)}");
        return path;
    }

    private static string FindRepository()
    {
        var folder = AppContext.BaseDirectory;
        while (folder is not null && !File.Exists(Path.Combine(folder, "ForgePrune.sln")))
            folder = Path.GetDirectoryName(folder);
        return folder ?? throw new InvalidOperationException("ForgePrune.sln is not above the test's folder");
    }
}
