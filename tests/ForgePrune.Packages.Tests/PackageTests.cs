using System.IO.Compression;
using ForgePrune.Testing;

namespace ForgePrune.Packages.Tests;

/// <summary>Each package as a stranger meets it: packed, restored from a folder by a project that knows nothing else of this repository, and used as its README shows.</summary>
[Category("EndToEnd")]
public sealed class PackageTests
{
    // A package, where its project lies, and what the example of its README prints. All are packed into one feed, so one may depend on another.
    private static readonly (string Name, string Project, string Printed)[] Packages =
    [
        ("ForgePrune.Kernels", "kernels/ForgePrune.Kernels", "2.75 of 12.2 is lost\n"),
        ("ForgePrune.Kernels.Gpu", "kernels/ForgePrune.Kernels.Gpu", "10 14 14 20\n"),
    ];

    private readonly TemporaryFolder feed = new();

    private static IEnumerable<string> Names => Packages.Select(package => package.Name);

    [OneTimeSetUp]
    public void Pack()
    {
        foreach (var package in Packages)
            Dotnet.Run(Shared.Root, "pack", package.Project, "-c", "Release", "-o", feed.Path);
    }

    [OneTimeTearDown]
    public void Remove() => feed.Dispose();

    [TestCaseSource(nameof(Names))]
    public void A_foreign_project_restores_the_package_and_the_example_prints_its_answer(string name)
    {
        var (_, project, printed) = Packages.Single(package => package.Name == name);
        using var folder = new TemporaryFolder();
        // Packages unpack into a folder of this test: one of the same version from elsewhere is never met.
        folder.Write("user.csproj", $"""
            <Project Sdk="Microsoft.NET.Sdk">
              <PropertyGroup>
                <OutputType>Exe</OutputType>
                <TargetFramework>net10.0</TargetFramework>
                <ImplicitUsings>enable</ImplicitUsings>
                <TreatWarningsAsErrors>true</TreatWarningsAsErrors>
                <RestorePackagesPath>packages</RestorePackagesPath>
                <RestoreAdditionalProjectSources>{feed.Path}</RestoreAdditionalProjectSources>
              </PropertyGroup>
              <ItemGroup><PackageReference Include="{name}" Version="{Version(name)}" /></ItemGroup>
            </Project>
            """);
        folder.Write("Program.cs", Example(File.ReadAllText(Path.Combine(Shared.Root, project, "README.md"))));
        Dotnet.Run(folder.Path, "build", "user.csproj", "-o", folder["built"]);
        Assert.That(Dotnet.Run(folder.Path, folder["built/user.dll"]), Is.EqualTo(printed));
    }

    [TestCaseSource(nameof(Names))]
    public void A_package_tells_what_it_is_and_brings_its_symbols(string name)
    {
        using var package = ZipFile.OpenRead(feed[$"{name}.{Version(name)}.nupkg"]);
        using var reader = new StreamReader(package.GetEntry(name + ".nuspec")!.Open());
        Assert.That(reader.ReadToEnd(), Does.Contain("<license type=\"expression\">MIT</license>").And.Contain("<readme>README.md</readme>").And.Contain("<description>")
            .And.Contain("<tags>pruning").And.Contain("<repository type=\"git\""));
        Assert.That(package.GetEntry("README.md"), Is.Not.Null);
        Assert.That(package.GetEntry($"lib/net10.0/{name}.xml"), Is.Not.Null, "the documentation of its members");
        using var symbols = ZipFile.OpenRead(feed[$"{name}.{Version(name)}.snupkg"]);
        Assert.That(symbols.GetEntry($"lib/net10.0/{name}.pdb"), Is.Not.Null);
    }

    [Test]
    public void The_package_of_the_gpu_carries_the_ptx_whose_hashes_are_kept()
    {
        const string name = "ForgePrune.Kernels.Gpu";
        using var package = ZipFile.OpenRead(feed[$"{name}.{Version(name)}.nupkg"]);
        foreach (var line in File.ReadLines(Path.Combine(Shared.Root, "kernels", name, "ptx", "sm_80.sha256")))
        {
            using var file = package.GetEntry("ptx/sm_80/" + line[66..])!.Open();
            Assert.That(Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(file)), Is.EqualTo(line[..64]), line[66..]);
        }
        Assert.That(package.GetEntry("ptx/sm_80/manifest.json"), Is.Not.Null);
        Assert.That(package.GetEntry("samples/c/gram.c"), Is.Not.Null);
    }

    /// <summary>The first C# of a README.</summary>
    private static string Example(string readme) => readme.Split("```csharp\n")[1].Split("```\n")[0];

    private string Version(string name) =>
        Directory.GetFiles(feed.Path, name + ".*.nupkg").Select(file => Path.GetFileNameWithoutExtension(file)[(name.Length + 1)..]).Single(rest => char.IsAsciiDigit(rest[0]));
}
