using System.Text.Json.Nodes;

namespace ForgePrune.Onnx.Tests.Checkpoints;

/// <summary>Random choices, the same for the same seed.</summary>
internal sealed class Dice(int seed)
{
    private readonly Random random = new(seed);

    /// <summary>From 0 to below <paramref name="end"/>.</summary>
    public int Next(int end) => random.Next(end);

    public int Next(int first, int end) => random.Next(first, end);

    public T Any<T>(params T[] values) => values[random.Next(values.Length)];

    /// <summary>True once in so many times.</summary>
    public bool Chance(int one) => random.Next(one) == 0;

    /// <summary>Of the standard normal distribution (Box and Muller 1958).</summary>
    public double Normal() => Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());

    /// <summary>Sets a key to one of the values, mostly.</summary>
    public void Draw(JsonObject config, string key, params JsonNode?[] values)
    {
        if (!Chance(3))
            config[key] = values[random.Next(values.Length)]?.DeepClone();
    }
}
