using ForgePrune.Testing;

namespace ForgePrune.Packages.Tests;

/// <summary>All packages of the solution in a folder, packed from the build that is there, under a version that nobody else has.</summary>
internal sealed class Feed : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public Feed() =>
        Dotnet.Run(Shared.Root, "pack", "ForgePrune.sln", "--no-build", "-c", "Release", "-o", folder.Path, $"-p:PackageVersion={Version}");

    public string Path => folder.Path;

    /// <summary>The packages' version.</summary>
    public string Version { get; } = $"0.0.0-test-{Guid.NewGuid():N}";

    /// <summary>The path of a package.</summary>
    /// <param name="ending">nupkg, or snupkg for its symbols.</param>
    public string File(string name, string ending = "nupkg") => folder[$"{name}.{Version}.{ending}"];

    /// <summary>What the projects of strangers have in common: they find our packages here and unpack them into a folder of their own. What others made is
    /// taken from where this machine's builds unpacked it, and from its feeds where it is not there.</summary>
    public void WriteProps(TemporaryFolder users) => users.Write("Directory.Build.props", $"""
        <Project>
          <PropertyGroup>
            <OutputType>Exe</OutputType>
            <TargetFramework>net10.0</TargetFramework>
            <ImplicitUsings>enable</ImplicitUsings>
            <Nullable>enable</Nullable>
            <TreatWarningsAsErrors>true</TreatWarningsAsErrors>
            <RestorePackagesPath>{users["packages"]}</RestorePackagesPath>
            <RestoreAdditionalProjectSources>{Path}</RestoreAdditionalProjectSources>
            <RestoreAdditionalProjectFallbackFolders>{Unpacked()}</RestoreAdditionalProjectFallbackFolders>
          </PropertyGroup>
        </Project>
        """);

    public void Dispose() => folder.Dispose();

    private static string? Unpacked()
    {
        var packages = Environment.GetEnvironmentVariable("NUGET_PACKAGES")
            ?? System.IO.Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget", "packages");
        return Directory.Exists(packages) ? packages : null;
    }
}
