using ForgePrune.Errors;

namespace ForgePrune.Onnx.Sessions;

internal static class SessionErrors
{
    public static BadInputException Missing(string file) =>
        new($"there is no ONNX model at {file}; give a folder with model.onnx, or the .onnx file itself");

    public static BadInputException CannotLoad(string file, Exception fault) =>
        new($"ONNX Runtime cannot load {file}: {fault.Message.ReplaceLineEndings(" ").TrimEnd('.')}; export the model again", fault);

    public static BadInputException CannotRun(int tokens, Exception fault) =>
        new($"ONNX Runtime cannot read {tokens} tokens with this model: {fault.Message.ReplaceLineEndings(" ").TrimEnd('.')}; ask for fewer tokens, or export the model again", fault);

    public static BadInputException NotADecoder(string file, string lacking) =>
        new($"{file} is no decoder that ForgePrune can run: it lacks {lacking}; give a model exported with a KV cache");

    public static BadInputException TokenOutside(int id, int vocab) =>
        new($"token id {id} is outside the model's vocabulary of {vocab}; tokenize the text with this model's own tokenizer");
}
