namespace ForgePrune.Perf;

/// <summary>Made inputs.</summary>
internal static class Made
{
    public static float[] Floats(Random random, int count)
    {
        var values = new float[count];
        for (var i = 0; i < count; i++)
            values[i] = random.NextSingle() * 2 - 1;
        return values;
    }

    public static double[] Doubles(Random random, int count)
    {
        var values = new double[count];
        for (var i = 0; i < count; i++)
            values[i] = random.NextDouble() * 2 - 1;
        return values;
    }

    /// <summary>Activations (tokens × cols) whose columns differ in size and follow some common directions, as those of a network do.</summary>
    public static float[] Activations(Random random, int tokens, int cols)
    {
        const int directions = 64;
        var mixing = Floats(random, directions * cols);
        float[] common = Floats(random, tokens * directions), own = Floats(random, tokens * cols);
        Kernels.Product.Multiply(Kernels.Transpose.No, Kernels.Transpose.No, tokens, cols, directions, 0.2f, common, directions, mixing, cols, 1f, own, cols,
            threads: 0);
        for (var col = 0; col < cols; col++)
        {
            var size = (float)Math.Exp(2 * random.NextDouble());
            for (var token = 0; token < tokens; token++)
                own[token * cols + col] *= size;
        }
        return own;
    }
}
