using ArchUnitNET.Domain;
using ArchUnitNET.Fluent.Slices;
using ArchUnitNET.Loader;
using ForgePrune.Checkpoints;
using ForgePrune.Kernels;
using ForgePrune.Methods;

namespace ForgePrune.Onnx.Tests;

/// <summary>Dependencies point one way: kernels, library, methods, runtime.</summary>
public sealed class ArchitectureTests
{
    private static readonly System.Reflection.Assembly Kernels = typeof(Product).Assembly, Library = typeof(DecoderModel).Assembly,
        Methods = typeof(MethodCatalog).Assembly;

    private static readonly Architecture Architecture = new ArchLoader().LoadAssemblies(Library, Methods).Build();

    [Test]
    public void Stages_of_the_library_form_no_circle()
    {
        var slices = SliceRuleDefinition.Slices().Matching("ForgePrune.(*)..");
        Assert.That(slices.GetObjects(Architecture).Count(), Is.GreaterThan(10), "the folders are seen");
        Assert.That(slices.Should().BeFreeOfCycles().HasNoViolations(Architecture), Is.True,
            string.Join('\n', slices.Should().BeFreeOfCycles().Evaluate(Architecture).Where(found => !found.Passed).Select(found => found.Description)));
    }

    [Test]
    public void Neither_the_library_nor_the_methods_know_a_runtime_or_a_device()
    {
        foreach (var assembly in new[] { Kernels, Library, Methods })
        {
            Assert.That(assembly.GetReferencedAssemblies().Select(name => name.Name),
                Has.None.StartsWith("Microsoft.ML").And.None.StartsWith("ForgePrune.Onnx").And.None.StartsWith("ILGPU"), $"{assembly.GetName().Name}");
        }

        Assert.That(Kernels.GetReferencedAssemblies().Select(name => name.Name), Has.None.StartsWith("ForgePrune"));
        Assert.That(Library.GetReferencedAssemblies().Select(name => name.Name).Where(name => name!.StartsWith("ForgePrune")),
            Is.EqualTo(new[] { "ForgePrune.Kernels" }));
    }
}
