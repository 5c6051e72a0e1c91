using ForgePrune.Testing;

namespace ForgePrune.Native.Tests;

/// <summary>Every sample gives the numbers of the .NET interface to the last bit.</summary>
public sealed class SampleTests
{
    [Test]
    public void C()
    {
        using var folder = new TemporaryFolder();
        var library = Path.GetDirectoryName(Library.File)!;
        Commands.Run(Commands.Project("samples/c"), "gcc", "-std=c11", "-O2", "-Wall", "-Wextra", "-Werror", "-pedantic", "-I", "../../include",
            "prune_layer.c",
            "-o", folder["prune_layer"], "-L", library, "-lforgeprune", $"-Wl,-rpath,{library}");
        Assert.That(Commands.Run(folder[""], folder["prune_layer"], "--bits"), Is.EqualTo(SampleLayer.Bits()));
        Assert.That(Commands.Run(folder[""], folder["prune_layer"]), Does.Contain(" 48 of 48 columns: error   0.0 %").And
            .Contain("  0 of 48 columns: error 100.0 %"));
    }

    [Test]
    public void Python()
    {
        // A user's own Python may lack NumPy where the system's has it.
        var python = new[] { "python3", "/usr/bin/python3" }.FirstOrDefault(name => Commands.Works(name, "-c", "import numpy"));
        if (python is null)
            Assert.Ignore("needs Python 3 with NumPy");
        Assert.That(Run(python!, "samples/python", "prune_layer.py"), Is.EqualTo(SampleLayer.Bits()));
    }

    [Test]
    public void Node()
    {
        Shared.Restored("kernels/ForgePrune.Native/samples/node/node_modules/koffi");
        Assert.That(Run("node", "samples/node", "prune_layer.mjs"), Is.EqualTo(SampleLayer.Bits()));
    }

    private static string Run(string program, string folder, string sample) =>
        Commands.Run(Commands.Project(folder), new Dictionary<string, string> { ["FORGEPRUNE_LIBRARY"] = Library.File }, program, sample, "--bits");
}
