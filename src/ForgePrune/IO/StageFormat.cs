namespace ForgePrune.IO;

/// <summary>The version of a piece of work. The code that does the work owns it and raises the number whenever its algorithm or the layout of its
/// files changes, so that results of before are never taken for results of now.</summary>
/// <param name="Part">Names the work.</param>
/// <param name="Number">Counts from 1.</param>
public sealed record StageFormat(string Part, int Number)
{
    public override string ToString() => $"{Part} {Number}";
}
