namespace ForgePrune.Forward;

/// <summary>Values that stay in the memory in which a runner computed them, until the host asks for them.</summary>
internal interface IStayingValues
{
    /// <summary>The values in float32. Asked for again, the same array; from any thread.</summary>
    float[] ToHost();
}
