using ArchUnitNET.Domain;
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

    /// <summary>Folders inside a folder belong to it: what counts is the first name after ForgePrune, and of the methods the second.
    /// What lies at a root, settings and catalogs, knows all folders and is known by them.</summary>
    [Test]
    [Category("Slow")]
    public void Folders_of_the_library_form_no_circle()
    {
        var uses = new Dictionary<string, HashSet<string>>();
        foreach (var type in Architecture.Types)
        {
            if (Folder(type.Namespace?.FullName) is not { } from)
                continue;
            uses.TryAdd(from, []);
            // A type parameter is nobody's, though the loader gives it to the first type that has one of that name.
            foreach (var dependency in type.Dependencies.Where(dependency => dependency.Target is not GenericParameter))
            {
                if (Folder(dependency.Target?.Namespace?.FullName) is { } to && to != from)
                    uses[from].Add(to);
            }
        }

        Assert.That(uses, Has.Count.GreaterThan(20), "the folders are seen");
        Assert.That(Circle(uses), Is.Null);
    }

    [Test]
    public void A_circle_is_found()
    {
        Assert.That(Circle(new() { ["a"] = ["b"], ["b"] = ["c"], ["c"] = [] }), Is.Null);
        Assert.That(Circle(new() { ["a"] = ["b"], ["b"] = ["c"], ["c"] = ["b"] }), Is.EqualTo("b -> c -> b"));
    }

    private static string? Folder(string? name) => name?.Split('.') switch
    {
        ["ForgePrune", "Methods", var method, ..] => $"Methods.{method}",
        ["ForgePrune", "Methods"] => null,
        ["ForgePrune", var folder, ..] => folder,
        _ => null,
    };

    /// <summary>A way back to where it began; null where there is none.</summary>
    private static string? Circle(Dictionary<string, HashSet<string>> uses)
    {
        var done = new HashSet<string>();
        return uses.Keys.Select(start => Follow(start, [])).FirstOrDefault(found => found is not null);

        string? Follow(string at, List<string> way)
        {
            if (way.IndexOf(at) is >= 0 and var first)
                return string.Join(" -> ", way.Skip(first).Append(at));
            if (done.Contains(at))
                return null;
            way.Add(at);
            var found = uses.GetValueOrDefault(at, []).Select(next => Follow(next, way)).FirstOrDefault(found => found is not null);
            way.RemoveAt(way.Count - 1);
            done.Add(at);
            return found;
        }
    }

    [Test]
    [Category("Slow")]
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
