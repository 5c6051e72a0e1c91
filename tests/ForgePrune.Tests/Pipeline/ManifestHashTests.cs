using System.Text.Json.Nodes;
using ForgePrune.IO;

namespace ForgePrune.Tests.Pipeline;

public sealed class ManifestHashTests
{
    [Test]
    public void Neither_order_nor_white_space_counts() => Assert.That(
        ManifestHash.Of(JsonNode.Parse("{ \"b\": [1, 2],\n \"a\": {\"d\": null, \"c\": \"é\"} }")),
        Is.EqualTo(ManifestHash.Of(JsonNode.Parse("{\"a\":{\"c\":\"\\u00e9\",\"d\":null},\"b\":[1,2]}"))));

    [Test]
    public void Order_inside_an_array_counts() =>
        Assert.That(ManifestHash.Of(JsonNode.Parse("[1,2]")), Is.Not.EqualTo(ManifestHash.Of(JsonNode.Parse("[2,1]"))));

    // printf '{"a":[true,null,"x"],"b":{}}' | sha256sum
    [Test]
    public void The_hash_is_the_one_of_the_canonical_text()
    {
        var node = JsonNode.Parse("{\"b\":{}, \"a\":[true,null,\"x\"]}");
        Assert.That(ManifestHash.Canonical(node), Is.EqualTo("{\"a\":[true,null,\"x\"],\"b\":{}}"));
        Assert.That(ManifestHash.Of(node), Is.EqualTo("db6ed2fdd540a56a3f8247434152b88d43c482042f446b4fed68ddc4642ce32e"));
    }
}
