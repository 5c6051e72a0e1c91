namespace ForgePrune.Kernels;

/// <summary>Sweeps over the same blocks, each from the dense end.</summary>
public interface IGroupSweeps : IDisposable
{
    /// <summary>What removing everything costs: tr(W H Wᵀ), the sum of the elements of G ∘ H.</summary>
    double Energy { get; }

    /// <summary>How many of <paramref name="sweeps"/> sweeps may go on at the same time, from 1 to their number.</summary>
    int AtOnce(int sweeps);

    /// <summary>A sweep that has removed nothing yet.</summary>
    /// <param name="atOnce">The sweeps that go on at the same time, as <see cref="AtOnce"/> allows. With 1, the one before must not be used any more.</param>
    IGroupEliminator Start(int atOnce = 1);
}
