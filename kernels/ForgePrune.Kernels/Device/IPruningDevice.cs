namespace ForgePrune.Kernels;

/// <summary>The heavy steps of calibration, level construction and refit, on whatever device computes them.</summary>
/// <remarks>A device serves one thread at a time.</remarks>
public interface IPruningDevice
{
    /// <summary>The name of the device, for manifests: another device may change the last bits of a result.</summary>
    string Name { get; }

    /// <summary>The number of threads of the processor that its work, and the work around it, may take: at least 1.</summary>
    int Threads { get; }

    /// <summary>The devices that may work at the same time, each for one thread: this one, where it is not a <see cref="DevicePool"/>.</summary>
    IReadOnlyList<IPruningDevice> Members => [this];

    /// <summary>Says what layers take of the device's memory, before any work.</summary>
    /// <param name="levels">Whether levels are made and refits solved, or else Grams are summed alone.</param>
    /// <returns>A clause for users; null where the memory is the processor's.</returns>
    /// <exception cref="DeviceMemoryException">A layer does not fit.</exception>
    internal string? Plan(IReadOnlyList<PlannedLayer> layers, bool levels) => null;

    /// <summary>Leaves a part of a memory to the library that computes in it, before any work. Sums and refits go on beside forward passes; nothing else of a
    /// run does. Where the memory is not this device's, nothing changes.</summary>
    /// <param name="memory">Where the library computes.</param>
    /// <param name="bytes">The most that it takes. What was said before no longer counts.</param>
    internal void LeaveRoom(LentMemory memory, long bytes)
    {
    }

    /// <summary>Says how sums take activations that lie in a memory of another library: from there, once that has been tried, or by way of the host, and why.
    /// The bits are the same.</summary>
    /// <returns>A clause for users; null where this device knows no memory but the host's.</returns>
    internal string? Reading(LentMemory memory) => null;

    /// <summary>Begins the sum XᵀX over activations.</summary>
    /// <param name="cols">Columns of the activations.</param>
    /// <exception cref="DeviceMemoryException">The Gram does not fit into the device's memory.</exception>
    IGramSum Gram(int cols);

    /// <summary>Begins the sums XᵀX and YᵀX of a least-squares fit. A device that has no sums of its own leaves them to the processor.</summary>
    /// <param name="rows">Columns of the targets Y; rows of YᵀX.</param>
    /// <param name="cols">Columns of the inputs X.</param>
    /// <exception cref="DeviceMemoryException">The sums do not fit into the device's memory.</exception>
    IMomentSum Moments(int rows, int cols) => new CpuMoments(rows, cols, Threads);

    /// <summary>Removes all n columns of W greedily, as <see cref="ChannelElimination"/> does.</summary>
    /// <param name="hessian">H, n × n, row-major without gaps, symmetric and damped. Only read.</param>
    /// <param name="n">Columns (inputs) of the layer.</param>
    /// <param name="weights">W, rows × n, row-major without gaps; its dead columns count as zero. Only read.</param>
    /// <param name="rows">Rows (outputs) of the layer.</param>
    /// <param name="dead">n flags of inputs that were always zero: they go first, at cost 0. Empty: none.</param>
    /// <returns>The columns in the order of their removal, and what each removal cost.</returns>
    /// <exception cref="NotPositiveDefiniteException">H needs more damping.</exception>
    /// <exception cref="ArgumentException">A matrix is too short for its shape, or the flags are not one for each column.</exception>
    /// <exception cref="DeviceMemoryException">The layer does not fit into the device's memory.</exception>
    EliminationResult Order(ReadOnlyLongSpan<double> hessian, int n, ReadOnlySpan<double> weights, int rows, ReadOnlySpan<bool> dead);

    /// <summary>Prepares the removal of blocks of neighboring columns, such as heads, as <see cref="GroupEliminator"/> does.</summary>
    /// <param name="hessian">H, n × n, row-major without gaps, symmetric and damped. Only read.</param>
    /// <param name="n">Columns (inputs) of the layer, a multiple of the block width.</param>
    /// <param name="weights">W, rows × n, row-major without gaps; its dead columns count as zero. Only read.</param>
    /// <param name="rows">Rows (outputs) of the layer.</param>
    /// <param name="dead">n flags of inputs that were always zero. Empty: none.</param>
    /// <param name="width">Columns of one block, at least 1.</param>
    /// <exception cref="NotPositiveDefiniteException">H needs more damping.</exception>
    /// <exception cref="ArgumentException">A matrix is too short for its shape, or n is no multiple of the width.</exception>
    /// <exception cref="DeviceMemoryException">The layer does not fit into the device's memory.</exception>
    IGroupSweeps Groups(ReadOnlySpan<double> hessian, int n, ReadOnlySpan<double> weights, int rows, ReadOnlySpan<bool> dead, int width);

    /// <summary>Makes the factor of every level whose kept set is a prefix of the order.</summary>
    /// <param name="hessian">H, n × n, row-major without gaps, symmetric and damped. Only read.</param>
    /// <param name="n">Columns (inputs) of the layer.</param>
    /// <param name="moment">M, rows × n, row-major without gaps: W·H, or the cross moment of targets and inputs. Only read.</param>
    /// <param name="rows">Rows (outputs) of the layer.</param>
    /// <param name="order">Distinct columns, survivors first.</param>
    /// <exception cref="NotPositiveDefiniteException">H needs more damping; the pivot counts in the order given.</exception>
    /// <exception cref="ArgumentException">
    /// A matrix is too short for its shape, a stride below its number of columns, or a column out of range or repeated.
    /// </exception>
    /// <exception cref="DeviceMemoryException">The layer does not fit into the device's memory.</exception>
    LevelFactor Factor(ReadOnlyLongSpan<double> hessian, int n, ReadOnlySpan<double> moment, int rows, ReadOnlySpan<int> order);

    /// <summary>Makes the same for M = W·H without forming M, at less than half of the work; a device that cannot do so forms M on the processor.</summary>
    /// <param name="hessian">H, n × n, row-major without gaps, symmetric and damped. Only read.</param>
    /// <param name="n">Columns (inputs) of the layer.</param>
    /// <param name="weights">W, rows × n, row-major without gaps. Only read.</param>
    /// <param name="rows">Rows (outputs) of the layer.</param>
    /// <param name="order">All n columns, survivors first.</param>
    /// <exception cref="NotPositiveDefiniteException">H needs more damping; the pivot counts in the order given.</exception>
    /// <exception cref="ArgumentException">A matrix is too short for its shape, or the order lists not all columns once.</exception>
    /// <exception cref="DeviceMemoryException">The layer does not fit into the device's memory.</exception>
    LevelFactor FactorOfWeights(ReadOnlyLongSpan<double> hessian, int n, ReadOnlySpan<double> weights, int rows, ReadOnlySpan<int> order)
    {
        var moment = LargeArray.Uninitialized<double>((long)rows * n);
        Product.Multiply(Transpose.No, Transpose.No, rows, n, n, 1, weights, n, hessian, n, 0, moment, n, Threads);
        return Factor(hessian, n, moment, rows, order);
    }
}
