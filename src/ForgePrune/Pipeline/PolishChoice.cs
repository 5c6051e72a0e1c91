namespace ForgePrune.Pipeline;

/// <summary>Whether the refitted model is polished: a short training of norms and factors of channels on the calibration text.</summary>
public enum PolishChoice
{
    /// <summary>It is not.</summary>
    Off,

    /// <summary>It is, and the result is kept where it is nearer to the dense model on held-out text.</summary>
    On,

    /// <summary>As <see cref="On"/> where that takes minutes: for models that do not count as large, by methods that refit, where no longer training
    /// follows and the run is not <see cref="PruneSettings.Quick"/>.</summary>
    Auto,
}
