using ForgePrune.Errors;

namespace ForgePrune.Forward;

internal static class ForwardErrors
{
    public static BadInputException ForeignToken(int id, int window, int vocab) => new(
        $"token id {id} in window {window} lies outside the model's vocabulary of {vocab} (ids 0 to {vocab - 1}): take tokens made with this model's tokenizer");

    public static BadInputException DifferentVocabulary(int vocab, int against) => new(
        $"the models have vocabularies of {vocab} and {against} tokens and cannot be compared: give a model and the one it was made from");

    public static BadInputException TooLittleMemory(long budget, long needed) => new(
        $"evaluating one plan on one window needs about {Megabytes(needed)} MB where {Megabytes(budget)} MB are allowed: raise the memory budget or take shorter windows");

    private static long Megabytes(long bytes) => (bytes + (1 << 20) - 1) >> 20;
}
