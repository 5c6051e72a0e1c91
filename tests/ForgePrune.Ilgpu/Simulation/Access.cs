namespace ForgePrune.Ilgpu;

/// <summary>Who touched an element last, and when.</summary>
/// <param name="Interval">Number of the stretch between two barriers of a group, counted over the whole process; 0 is never.</param>
/// <param name="Lane">Lane of that group.</param>
/// <param name="Site">Where in the kernel.</param>
internal readonly record struct Access(long Interval, int Lane, int Site);
