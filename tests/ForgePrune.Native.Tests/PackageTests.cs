using ForgePrune.Testing;

namespace ForgePrune.Native.Tests;

/// <summary>The kernels as a package: packed, restored from a folder by a project that knows nothing else of us, and used.</summary>
public sealed class PackageTests
{
    private const string Project = """
        <Project Sdk="Microsoft.NET.Sdk">
          <PropertyGroup>
            <OutputType>Exe</OutputType>
            <TargetFramework>net10.0</TargetFramework>
            <RestorePackagesPath>packages</RestorePackagesPath>
            <RestoreAdditionalProjectSources>feed</RestoreAdditionalProjectSources>
          </PropertyGroup>
          <ItemGroup><PackageReference Include="ForgePrune.Kernels" Version="*" /></ItemGroup>
        </Project>
        """;

    private const string Program = """
        using ForgePrune.Kernels;
        double[] c = new double[1];
        Product.Multiply(Operand.Plain, Operand.Plain, 1, 1, 2, 1.0, [3, 4], 2, [5, 6], 1, 0.0, c, 1, 1);
        System.Console.Write(c[0]);
        """;

    [Test]
    public void A_foreign_project_restores_the_packed_kernels_and_multiplies()
    {
        using var folder = new TemporaryFolder();
        Commands.Run(Shared.Root, "dotnet", "pack", "kernels/ForgePrune.Kernels", "-c", "Release", "-o", folder["feed"], "--verbosity", "quiet", "-nodereuse:false");
        Assert.That(Directory.GetFiles(folder["feed"], "ForgePrune.Kernels.*.nupkg"), Has.Length.EqualTo(1));
        File.WriteAllText(folder["user.csproj"], Project);
        File.WriteAllText(folder["Program.cs"], Program);
        Commands.Run(folder[""], "dotnet", "build", "user.csproj", "-o", folder["built"], "--verbosity", "quiet", "-nodereuse:false", "-p:UseSharedCompilation=false");
        Assert.That(Commands.Run(folder[""], "dotnet", folder["built/user.dll"]), Is.EqualTo("39"));
    }
}
