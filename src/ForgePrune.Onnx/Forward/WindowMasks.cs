namespace ForgePrune.Onnx.Forward;

/// <summary>What is added to scores: nothing where a token sees, −∞ where it lies too far back, or ahead. Where the operator has a causal mask of its own, what
/// lies ahead is left to that.</summary>
internal sealed class WindowMasks
{
    private readonly Dictionary<(int Window, bool Ahead), (int Tokens, float[] Values)> masks = [];

    /// <param name="window">Positions that a token sees, its own included; 0 for all that are past.</param>
    /// <param name="ahead">Whether what lies ahead is masked too.</param>
    /// <returns>tokens × tokens, query by key; one for each window, of the last number of tokens.</returns>
    public float[] Of(int window, bool ahead, int tokens)
    {
        if (masks.TryGetValue((window, ahead), out var made) && made.Tokens == tokens)
            return made.Values;
        var values = new float[tokens * tokens];
        for (var row = 0; row < tokens; row++)
        {
            var seen = values.AsSpan(row * tokens, tokens);
            if (window > 0 && row >= window)
                seen[..(row - window + 1)].Fill(float.NegativeInfinity);
            if (ahead)
                seen[(row + 1)..].Fill(float.NegativeInfinity);
        }

        masks[(window, ahead)] = (tokens, values);
        return values;
    }
}
