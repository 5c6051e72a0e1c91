namespace ForgePrune.Onnx.Forward;

/// <summary>What is added to the scores of windowed attention: nothing where a token sees, −∞ where it lies too far back. What lies ahead is left to the
/// causal mask.</summary>
internal sealed class WindowMasks
{
    private readonly Dictionary<int, (int Tokens, float[] Values)> masks = [];

    /// <param name="window">Positions that a token sees, its own included.</param>
    /// <returns>tokens × tokens, query by key; one for each window, of the last number of tokens.</returns>
    public float[] Of(int window, int tokens)
    {
        if (masks.TryGetValue(window, out var made) && made.Tokens == tokens)
            return made.Values;
        var values = new float[tokens * tokens];
        for (var row = window; row < tokens; row++)
            values.AsSpan(row * tokens, row - window + 1).Fill(float.NegativeInfinity);
        masks[window] = (tokens, values);
        return values;
    }
}
