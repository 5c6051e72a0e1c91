namespace ForgePrune.Kernels;

/// <summary>The heavy steps of calibration, level construction and refit, on whatever device computes them. One thread at a time.</summary>
public interface IPruningDevice
{
    /// <summary>The device in words, for manifests: what computes may change last bits.</summary>
    string Name { get; }

    /// <summary>Threads of the processor that its work may take, and the work around it: at least 1.</summary>
    int Threads { get; }

    /// <summary>The devices that may work at the same time, each for one thread: this one, where it is not a <see cref="DevicePool"/>.</summary>
    IReadOnlyList<IPruningDevice> Members => [this];

    /// <summary>Begins the sum XᵀX over activations of so many columns.</summary>
    IGramSum Gram(int cols);

    /// <summary>Removes all n columns of W greedily.</summary>
    /// <param name="hessian">H, n × n, contiguous, symmetric and damped. Only read.</param>
    /// <param name="weights">W, rows × n, contiguous; dead columns count as zero. Only read.</param>
    /// <param name="dead">n flags of inputs that were always zero: they go first, at cost 0. Empty: none.</param>
    /// <exception cref="NotPositiveDefiniteException">H needs more damping.</exception>
    EliminationResult Order(ReadOnlySpan<double> hessian, int n, ReadOnlySpan<double> weights, int rows, ReadOnlySpan<bool> dead);

    /// <summary>Prepares the removal of blocks of <paramref name="width"/> neighbouring columns, such as heads; the other parameters as in <see cref="Order"/>.</summary>
    /// <exception cref="NotPositiveDefiniteException">H needs more damping.</exception>
    IGroupSweeps Groups(ReadOnlySpan<double> hessian, int n, ReadOnlySpan<double> weights, int rows, ReadOnlySpan<bool> dead, int width);

    /// <summary>The factor of every level whose kept set is a prefix of <paramref name="order"/>.</summary>
    /// <param name="hessian">H, n × n, contiguous, symmetric and damped. Only read.</param>
    /// <param name="moment">M, rows × n, contiguous: W·H, or the cross moment of targets and inputs. Only read.</param>
    /// <param name="order">Distinct columns, survivors first.</param>
    /// <exception cref="NotPositiveDefiniteException">H needs more damping; the pivot counts in the order given.</exception>
    LevelFactor Factor(ReadOnlySpan<double> hessian, int n, ReadOnlySpan<double> moment, int rows, ReadOnlySpan<int> order);
}
