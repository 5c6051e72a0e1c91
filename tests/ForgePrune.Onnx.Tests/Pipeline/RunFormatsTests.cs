using System.Reflection;
using ForgePrune.IO;
using ForgePrune.Methods;
using ForgePrune.Methods.Comparison;
using ForgePrune.Model;
using ForgePrune.Pipeline;

namespace ForgePrune.Onnx.Tests.Pipeline;

[Category("EndToEnd")]
public sealed class RunFormatsTests
{
    [Test]
    public void Every_format_is_listed_once_under_a_name_of_its_own()
    {
        var owned = new[] { typeof(ModelHash).Assembly, typeof(MethodCatalog).Assembly,
            typeof(OnnxServing).Assembly }.SelectMany(assembly => assembly.GetTypes())
            .SelectMany(type => type.GetProperties(BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly))
            .Where(property => property.PropertyType == typeof(StageFormat))
            .Select(property => (StageFormat)property.GetValue(null)!).ToArray();
        Assert.That(owned, Has.Length.GreaterThan(20));
        Assert.That(RunFormats.All(OnnxServing.Cpu), Is.EquivalentTo(owned));
        Assert.That(owned.Select(format => format.Part), Is.Unique);
    }

    [Test]
    public void Builds_of_one_version_are_one_version() =>
        Assert.That(StageContext.VersionsOf(OnnxServing.Cpu)["forgeprune"], Does.Match(@"^\d+\.\d+\.\d+$"), "no commit, or every new one would repeat comparisons");
}
