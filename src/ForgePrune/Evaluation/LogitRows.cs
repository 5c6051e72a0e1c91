namespace ForgePrune.Evaluation;

/// <summary>The number of rows of logits to compute at once.</summary>
internal static class LogitRows
{
    /// <summary>64 MB of logits: enough rows for the product with the head to run at full speed, few enough for any vocabulary.</summary>
    private const int Bytes = 64 << 20;

    public static int PerBlock(int vocab) => Math.Clamp(Bytes / (sizeof(float) * vocab), 16, 512);
}
