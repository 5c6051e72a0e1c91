using ForgePrune.Errors;

namespace ForgePrune.Calibration;

internal static class CalibrationErrors
{
    public static BadInputException Width(string path, int cols, int expected) =>
        new($"{path} describes {cols} columns where the model has {expected}; it belongs to another model, so name another folder.");

    public static BadInputException Experts(string path, int count, int expected) =>
        new($"{path} describes {count} experts where the model has {expected}; it belongs to another model, so name another folder.");

    public static BadInputException NotFinite(int layer, string block) => NotFinite($"layer {layer}'s {block} projection");

    public static BadInputException NotFinite(string projection) =>
        new($"The inputs of {projection} contain infinities or NaN on the calibration text, which no finite model produces; " +
            "check the checkpoint for damaged weights.");
}
