namespace ForgePrune.Kernels;

/// <summary>A sum XᵀX that reads X where another library computed it.</summary>
internal interface ILentGram
{
    /// <summary>Adds the rows of X to the sum, with the bits that X gives by way of the host. X must be complete; on return nothing reads it any more.</summary>
    /// <param name="x">X, with the columns that the sum was begun for.</param>
    /// <param name="columnSums">One element for each column: gets that column's elements added, in the order of the rows, as
    /// <see cref="Gram.AccumulateSum"/> adds them.</param>
    /// <exception cref="ArgumentException">X has other columns, or there are not as many sums.</exception>
    /// <exception cref="DeviceUnavailableException">The driver refuses a copy that it took before.</exception>
    void Add(LentMatrix x, Span<double> columnSums);
}

/// <summary>Sums XᵀX and YᵀX that read X where another library computed it, and Y from the host.</summary>
internal interface ILentMoments
{
    /// <summary>Adds the rows of X and Y to the sums, with the bits that X gives by way of the host.</summary>
    /// <param name="targets">Y, as many rows as X, row-major, with the columns that the sums were begun for.</param>
    /// <param name="targetStride">Elements from one row of Y to the next.</param>
    /// <param name="inputs">X, likewise.</param>
    /// <param name="inputSums">Gets the sums of X's columns, as in <see cref="ILentGram.Add"/>.</param>
    /// <exception cref="ArgumentException">X has other columns, there are not as many sums, or Y is too short for its shape.</exception>
    /// <exception cref="DeviceUnavailableException">The driver refuses a copy that it took before.</exception>
    void Add(ReadOnlyMemory<float> targets, int targetStride, LentMatrix inputs, Span<double> inputSums);
}
