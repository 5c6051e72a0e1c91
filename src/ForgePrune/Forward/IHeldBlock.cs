namespace ForgePrune.Forward;

/// <summary>A decoder block whose weights lie where they are computed with, for several calls. Until it is disposed of, they must not change.</summary>
internal interface IHeldBlock : IDisposable
{
    /// <summary>The block's result; see <see cref="IBlockRunner"/>.</summary>
    /// <param name="x">The residual stream, windows × tokens × hidden.</param>
    /// <param name="captureInputs">Whether to return the inputs of the output projection too.</param>
    BlockResult Run(Activations x, bool captureInputs = false);
}

/// <summary>A block whose runner is given the weights at every call.</summary>
internal sealed class CalledBlock(Func<Activations, bool, BlockResult> call) : IHeldBlock
{
    public BlockResult Run(Activations x, bool captureInputs = false) => call(x, captureInputs);

    public void Dispose()
    {
    }
}
