using ForgePrune.Model;

namespace ForgePrune.Checkpoints;

/// <summary>What a config.json says of rotary embedding.</summary>
/// <param name="Theta">The base.</param>
/// <param name="Width">The elements of a head that turn.</param>
/// <param name="Scaling">Null for none.</param>
/// <param name="Positions">The positions that the frequencies hold for; the config may name more, for which others hold.</param>
/// <param name="LocalTheta">The base of sliding layers, which no scaling changes; null where they turn as all do.</param>
internal sealed record RotarySettings(double Theta, int Width, RopeScaling? Scaling, int Positions, double? LocalTheta);
