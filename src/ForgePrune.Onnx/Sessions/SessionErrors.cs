using ForgePrune.Errors;
using ForgePrune.Onnx.Providers;
using ForgePrune.Serving;

namespace ForgePrune.Onnx.Sessions;

internal static class SessionErrors
{
    public static BadInputException Missing(string file) =>
        new($"there is no ONNX model at {file}; give a folder with model.onnx, or the .onnx file itself");

    public static BadInputException CannotLoad(string file, Exception fault) =>
        new($"ONNX Runtime cannot load {file}: {fault.Message.ReplaceLineEndings(" ").TrimEnd('.')}; "
            // Operators without code for an element type, such as bfloat16.
            + (fault.Message.Contains("NotImplemented", StringComparison.Ordinal) ? "it is made for another device, so export it as f32 for CPUs"
                : "export the model again"), fault);

    public static BrokenEnvironmentException CannotLoadOn(ServingProvider provider, string file, Exception fault) =>
        new($"ONNX Runtime cannot load {file} on {provider}: {fault.Message.ReplaceLineEndings(" ").TrimEnd('.')}; "
            + (provider.CudaGraph ? "where it asks for a CUDA graph, name the model's checkpoint, whose export for graphs keeps all on the GPU, or leave "
                + "`Provider.CudaGraph` out" : "look with nvidia-smi whether the GPU has room for it, or set `Provider` to cpu"), fault);

    public static BadInputException CannotCapture(string file, string why) =>
        new($"{file} {why}, so that its decode steps cannot be captured as a CUDA graph; leave `Provider.CudaGraph` out");

    public static BadInputException Strayed(ServingProvider provider, string file, PlacedNode node) =>
        new($"{file}: {(node.Name.Length > 0 ? $"{node.Name} ({node.Operator})" : node.Operator)} would run on the processor, since ONNX Runtime has no such "
            + $"operator for {provider} in that element type; export the model in float16, or set `Provider` to cpu");

    public static BrokenEnvironmentException CannotScore(ServingProvider provider, Exception fault) =>
        new($"ONNX Runtime cannot judge predictions on {provider}: {fault.Message.ReplaceLineEndings(" ").TrimEnd('.')}; "
            + "look with nvidia-smi whether the GPU has room for blocks of logits beside the output head, or set `Provider` to cpu", fault);

    public static BrokenEnvironmentException ScoreStrayed(ServingProvider provider, PlacedNode node) =>
        new($"{node.Operator}, which judges predictions, would run on the processor, since this ONNX Runtime has no such operator for {provider}; "
            + "set `Provider` to cpu");

    public static BadInputException Grows(string file) =>
        new($"{file} makes longer caches at every call, which ForgePrune runs on the processor only; set `Provider` to cpu");

    public static BadInputException CannotRun(int tokens, Exception fault) =>
        new($"ONNX Runtime cannot read {tokens} tokens with this model: {fault.Message.ReplaceLineEndings(" ").TrimEnd('.')}; ask for fewer tokens, or export the model again", fault);

    public static BadInputException NotADecoder(string file, string lacking) =>
        new($"{file} is no decoder that ForgePrune can run: it lacks {lacking}; give a model exported with a KV cache");

    public static BadInputException NoDecoder(string config, string what) =>
        new($"{config} {what}, and ForgePrune runs models of one decoder with a plain KV cache; give another model");

    public static BadInputException UnknownInput(string file, string name) =>
        new($"{file} wants an input {name}, which ForgePrune cannot fill; give a decoder that reads token ids, lengths and a KV cache only");

    public static BadInputException ElementType(string file, string name, string type) =>
        new($"{file} has {name} in {type}, which ForgePrune does not run; give a model in float32, float16, or bfloat16, whose lengths are int32 or int64");

    public static BadInputException TokenOutside(int id, int vocab) =>
        new($"token id {id} is outside the model's vocabulary of {vocab}; tokenize the text with this model's own tokenizer");
}
