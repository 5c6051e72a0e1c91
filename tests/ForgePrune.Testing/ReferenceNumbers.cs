using System.Text.Json;
using ForgePrune.Tokens;
using ForgePrune.Tokens.Text;

namespace ForgePrune.Testing;

/// <summary>Numbers of an independent program and the tokens they were measured on (shared/reference).</summary>
public static class ReferenceNumbers
{
    /// <summary>Ids in each row of the token files.</summary>
    public const int Window = 256;

    /// <param name="model">stories15M or minimind2-small.</param>
    public static JsonElement Model(string model)
    {
        using var document = JsonDocument.Parse(File.ReadAllBytes(Shared.File("reference/reference.json")));
        return document.RootElement.GetProperty("models").GetProperty(model).Clone();
    }

    /// <param name="part">calib or eval.</param>
    public static TokenWindows Tokens(string model, string part, int vocabSize) =>
        TokenFile.Read(Shared.File($"reference/tokens/{model}.{part}.bin"), Window, vocabSize);

    public static int[] Ints(this JsonElement array) => [.. array.EnumerateArray().Select(e => e.GetInt32())];

    public static double[] Doubles(this JsonElement array) => [.. array.EnumerateArray().Select(e => e.GetDouble())];
}
