using ForgePrune.Errors;

namespace ForgePrune.Tokens.Llama2C;

/// <summary>The errors of a llama2.c vocabulary.</summary>
internal static class Llama2CErrors
{
    public static BadInputException Unreadable(string path, Exception inner) =>
        new($"The llama2.c vocabulary {path} cannot be read ({inner.Message.TrimEnd('.')}); check the path and its permissions.", inner);

    public static BadInputException OutsideFile(string path, long offset, long length, long size) =>
        new($"{path} has {size} bytes, so a vocabulary of {length} bytes at {offset} is not in it; give the place where the checkpoint ends.");

    public static BadInputException TooFewTokens(string path, int vocabSize) =>
        new($"A vocabulary of {vocabSize} tokens was asked of {path}, but llama2.c needs at least {Llama2CTable.FirstText} " +
            "(three control tokens and 256 bytes); give the model's vocabulary size.");

    public static BadInputException EndsEarly(string path, int id, int vocabSize) =>
        new($"{path} ends within token {id} of {vocabSize}; give the vocabulary that belongs to the model or fetch the file again.");

    public static BadInputException TooLong(string path, long left, int vocabSize) =>
        new($"{path} has {left} bytes left after {vocabSize} tokens; give the vocabulary that belongs to the model.");

    public static BadInputException BadEntry(string path, int id, float score, int length) =>
        new($"{path} gives token {id} the score {score} and the length {length}, where a number and a length from 0 on are needed; fetch the file again.");

    public static BadInputException NoSpace(string path) =>
        new($"{path} has no token for a space, with which llama2.c begins every text; give the vocabulary that belongs to the model.");

    public static BadInputException NoSuchId(int id, int vocabSize) =>
        new($"Token id {id} is not in the vocabulary, whose ids end at {vocabSize - 1}; decode ids made by this tokenizer.");
}
