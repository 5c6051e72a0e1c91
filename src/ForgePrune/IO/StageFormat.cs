namespace ForgePrune.IO;

/// <summary>The version of a computation. The code that computes it raises the number whenever its algorithm or the layout of its files changes, so that
/// earlier results are never mistaken for present ones.</summary>
/// <param name="Part">The name of the computation.</param>
/// <param name="Number">The version, from 1.</param>
public sealed record StageFormat(string Part, int Number)
{
    /// <summary>Name and version.</summary>
    public override string ToString() => $"{Part} {Number}";
}
