namespace ForgePrune.Native;

/// <summary>What every call answers; the numbers are part of the interface and never change their meaning.</summary>
internal enum Status
{
    Ok = 0,
    InvalidArgument = 1,
    NotPositiveDefinite = 2,
    NotFinite = 3,
    OutOfMemory = 4,
    Internal = 5,
}
