namespace ForgePrune.Kernels;

/// <summary>Sweeps over the same blocks, each from the dense end.</summary>
public interface IGroupSweeps : IDisposable
{
    /// <summary>What removing everything costs: tr(W H Wᵀ), the sum of the elements of G ∘ H.</summary>
    double Energy { get; }

    /// <summary>A sweep that has removed nothing yet. The one before it must not be used any more.</summary>
    IGroupEliminator Start();
}
