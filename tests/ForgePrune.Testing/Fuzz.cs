using System.Globalization;

namespace ForgePrune.Testing;

/// <summary>How much random input a test tries: little by default, as much as asked for on demand.</summary>
public static class Fuzz
{
    /// <summary>FORGEPRUNE_FUZZ, such as 100000, or <paramref name="usual"/>.</summary>
    public static int Count(int usual) => Number("FORGEPRUNE_FUZZ", usual);

    /// <summary>FORGEPRUNE_FUZZ_SEED, or <paramref name="usual"/>.</summary>
    public static int Seed(int usual) => Number("FORGEPRUNE_FUZZ_SEED", usual);

    private static int Number(string variable, int usual) =>
        Environment.GetEnvironmentVariable(variable) is { Length: > 0 } text ? int.Parse(text, CultureInfo.InvariantCulture) : usual;
}
