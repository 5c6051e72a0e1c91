using NUnit.Framework;

namespace ForgePrune.Testing;

/// <summary>Finds data that lies outside the repository, in <c>shared/</c> beside or inside it; a test that needs what is missing is skipped aloud.</summary>
public static class Shared
{
    /// <summary>The repository root: the folder of ForgePrune.sln above the test assembly.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>The path of <paramref name="relative"/>, a file or folder such as <c>models/stories260K</c>.</summary>
    public static string File(string relative) =>
        Find(relative) ?? throw Skip($"needs ../shared/{relative}");

    /// <summary>The path of a file inside the repository that set-up restores.</summary>
    public static string Restored(string relative)
    {
        string path = Path.Combine(Root, relative);
        return Path.Exists(path) ? path : throw Skip($"needs {relative}, which eng/setup.sh or eng/test.sh restores");
    }

    private static string? Find(string relative) =>
        new[] { Path.Combine(Root, "..", "shared", relative), Path.Combine(Root, "shared", relative) }
            .Select(Path.GetFullPath).FirstOrDefault(Path.Exists);

    private static IgnoreException Skip(string reason)
    {
        Assert.Ignore(reason);
        return new IgnoreException(reason);
    }

    private static string FindRoot()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
            if (System.IO.File.Exists(Path.Combine(folder.FullName, "ForgePrune.sln")))
                return folder.FullName;
        throw new DirectoryNotFoundException($"no ForgePrune.sln above {AppContext.BaseDirectory}");
    }
}
