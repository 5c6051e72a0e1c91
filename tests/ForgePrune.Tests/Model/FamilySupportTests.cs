using ForgePrune.Model;

namespace ForgePrune.Tests.Model;

public sealed class FamilySupportTests
{
    [Test]
    public void The_table_of_the_documentation_is_that_of_the_records()
    {
        string[] Row(IEnumerable<string> cells) => ["| " + string.Join(" | ", cells) + " |"];
        string[] expected =
        [
            .. Row(FamilySupport.Columns),
            "|" + string.Concat(FamilySupport.Columns.Select(_ => "---|")),
            .. FamilySupport.All.SelectMany(family => Row(family.Cells)),
        ];
        var found = File.ReadAllLines(Document("families.md")).SkipWhile(line => !line.StartsWith('|')).TakeWhile(line => line.StartsWith('|'));
        Assert.That(string.Join('\n', found), Is.EqualTo(string.Join('\n', expected)));
    }

    [Test]
    public void Families_are_named_once_and_refused_ones_say_why()
    {
        Assert.That(FamilySupport.All.Select(family => family.ModelType), Is.Unique);
        Assert.That(FamilySupport.All.Where(family => family.Read == "yes").Select(family => family.ModelType),
            Is.EqualTo(ModelFamilies.All.Select(family => family.Name)));
        Assert.That(FamilySupport.All.Where(family => family.IsWrapper).Select(family => family.ModelType),
            Is.EqualTo(WrapperForm.All.Select(form => form.Name)));
        Assert.That(WrapperForm.All.Select(form => ModelFamilies.Find(form.Decoder)), Has.All.Not.Null);
        Assert.That(FamilySupport.All.Where(family => family.Read == "no").Select(family => family.Refused), Has.All.Not.Null.And.All.Not.Empty);
        Assert.That(FamilySupport.Find("granite")!.Heads, Is.EqualTo("yes"));
        Assert.That(FamilySupport.Find("unheard of"), Is.Null);
    }

    private static string Document(string name)
    {
        var folder = TestContext.CurrentContext.TestDirectory;
        while (!File.Exists(Path.Combine(folder, "ForgePrune.sln")))
            folder = Path.GetDirectoryName(folder)!;
        return Path.Combine(folder, "docs", name);
    }
}
