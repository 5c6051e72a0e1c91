using System.IO.Compression;
using System.Security.Cryptography;
using ForgePrune.Testing;

namespace ForgePrune.Packages.Tests;

/// <summary>Each package as a stranger meets it: packed, restored from a folder by a project that knows nothing else of this repository, and used as its
/// README shows.</summary>
[Category("EndToEnd")]
public sealed class PackageTests
{
    private const string Gpu = "ForgePrune.Kernels.Gpu", Onnx = "ForgePrune.Onnx", Tool = "ForgePrune.Cli";

    // A library, where its project lies, and what the example of its README prints.
    private static readonly (string Name, string Folder, string Printed)[] Libraries =
    [
        ("ForgePrune.Kernels", "kernels", "2.75 of 12.2 is lost\n"),
        (Gpu, "kernels", "10 14 14 20\n"),
        ("ForgePrune", "src", "half of the channels: 0 1 2 4\nlost: 0.37\n"),
        ("ForgePrune.Methods", "src", "darwinlm: Tang et al. 2025\nadapt-pruner: Pan et al. 2025\nblock-influence: Men et al. 2024\n"),
    ];

    private readonly TemporaryFolder users = new();
    private Feed feed = null!;

    private static IEnumerable<string> Names => Libraries.Select(library => library.Name);

    [OneTimeSetUp]
    public void Pack_all_and_build_the_programs_of_strangers()
    {
        feed = new Feed();
        feed.WriteProps(users);
        foreach (var (name, folder) in Libraries.Select(library => (library.Name, library.Folder)).Append((Onnx, "src")))
        {
            Directory.CreateDirectory(users[name]);
            users.Write(Project(name), $"""
                <Project Sdk="Microsoft.NET.Sdk">
                  <ItemGroup><PackageReference Include="{name}" Version="{feed.Version}" /></ItemGroup>
                </Project>
                """);
            // What the entry does by itself takes minutes: the target is one that needs no table of times, and text and timing are short.
            users.Write($"{name}/Program.cs", Example(Path.Combine(Shared.Root, folder, name, "README.md")).Replace("Target.Parse(\"1.5x\")",
                "Target.Parse(\"0.5\"), settings => settings with { Calibration = \"eval.txt\", Quick = true, TimingSeconds = 1 }"));
        }
        users.Write("users.slnx", $"<Solution>{string.Concat(Names.Append(Onnx).Select(name => $"<Project Path=\"{Project(name)}\" />"))}</Solution>");
        Dotnet.Run(users.Path, "build", "users.slnx", "-c", "Release");
    }

    [OneTimeTearDown]
    public void Remove()
    {
        feed?.Dispose();
        users.Dispose();
    }

    [TestCaseSource(nameof(Names))]
    public void The_example_of_a_library_prints_its_answer(string name) =>
        Assert.That(Run(name), Is.EqualTo(Libraries.Single(library => library.Name == name).Printed));

    [Test]
    public void The_example_of_the_entry_prunes_a_model_and_evaluates_it()
    {
        TinyModel.Write(users, Onnx + "/MiniMind2");
        File.Move(users["text.txt"], users[Onnx + "/eval.txt"]);
        var printed = Run(Onnx);
        Assert.That(printed,
            Does.Match(@"^(\d KV heads, \d query heads, \d+ FFN channels\n){3}KL \d+\.\d{3} nats per token\nTextScore \{ Perplexity = \d+\.\d+, "), printed);
        Assert.That(File.Exists(users[Onnx + "/runs/a/onnx/model.onnx"]));
    }

    [Test]
    public void The_tool_installs_and_tells_its_version()
    {
        using var tools = new TemporaryFolder();
        Dotnet.Run(tools.Path, "tool", "install", Tool, "--tool-path", tools["bin"], "--source", feed.Path, "--version", feed.Version);
        var version = System.Xml.Linq.XDocument.Load(Path.Combine(Shared.Root, "Directory.Build.props")).Descendants("Version").Single().Value;
        Assert.That(Dotnet.RunProgram(tools.Path, tools["bin/forgeprune"], "--version"), Is.EqualTo(version + "\n"));
        Assert.That(Dotnet.RunProgram(tools.Path, tools["bin/forgeprune"], "doctor"), Does.Match(@"ONNX Runtime +\d").And.Match("GenAI +present"),
            "its native libraries load");
    }

    [TestCaseSource(nameof(Names))]
    [TestCase(Onnx)]
    [TestCase(Tool)]
    public void A_package_tells_what_it_is(string name)
    {
        using var package = ZipFile.OpenRead(feed.File(name));
        using var reader = new StreamReader(package.GetEntry(name + ".nuspec")!.Open());
        Assert.That(reader.ReadToEnd(), Does.Contain("<license type=\"expression\">MIT</license>").And.Contain("<readme>README.md</readme>").And
            .Contain("<description>")
            .And.Contain("<tags>pruning").And.Contain("<repository type=\"git\""));
        Assert.That(package.GetEntry("README.md"), Is.Not.Null);
    }

    [TestCaseSource(nameof(Names))]
    [TestCase(Onnx)]
    public void A_library_brings_its_documentation_and_its_symbols(string name)
    {
        using var package = ZipFile.OpenRead(feed.File(name));
        Assert.That(package.GetEntry($"lib/net10.0/{name}.xml"), Is.Not.Null, "the documentation of its members");
        using var symbols = ZipFile.OpenRead(feed.File(name, "snupkg"));
        Assert.That(symbols.GetEntry($"lib/net10.0/{name}.pdb"), Is.Not.Null);
    }

    [Test]
    public void The_package_of_the_gpu_carries_the_ptx_whose_hashes_are_kept()
    {
        using var package = ZipFile.OpenRead(feed.File(Gpu));
        foreach (var line in File.ReadLines(Path.Combine(Shared.Root, "kernels", Gpu, "ptx", "sm_80.sha256")))
        {
            using var file = package.GetEntry("ptx/sm_80/" + line[66..])!.Open();
            Assert.That(Convert.ToHexStringLower(SHA256.HashData(file)), Is.EqualTo(line[..64]), line[66..]);
        }
        Assert.That(package.GetEntry("ptx/sm_80/manifest.json"), Is.Not.Null);
        Assert.That(package.GetEntry("samples/c/gram.c"), Is.Not.Null);
    }

    /// <summary>The first C# of a README.</summary>
    private static string Example(string readme) => File.ReadAllText(readme).Split("```csharp\n")[1].Split("```\n")[0];

    // A project may not have the name of a package that it refers to.
    private static string Project(string name) => $"{name}/My{name}.csproj";

    private string Run(string name) => Dotnet.Run(users[name], $"bin/Release/net10.0/My{name}.dll");
}
