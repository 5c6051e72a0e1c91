using System.Globalization;

namespace ForgePrune.Onnx.Export;

/// <summary>Names of the KV cache's inputs and outputs. A layer without attention has none; the others keep their layer's number.</summary>
internal static class CacheNames
{
    public const string Past = "past_key_values.";
    public const string Present = "present.";

    public static string PastKey(int layer) => string.Create(CultureInfo.InvariantCulture, $"{Past}{layer}.key");

    public static string PastValue(int layer) => string.Create(CultureInfo.InvariantCulture, $"{Past}{layer}.value");

    public static string PresentKey(int layer) => string.Create(CultureInfo.InvariantCulture, $"{Present}{layer}.key");

    public static string PresentValue(int layer) => string.Create(CultureInfo.InvariantCulture, $"{Present}{layer}.value");
}
