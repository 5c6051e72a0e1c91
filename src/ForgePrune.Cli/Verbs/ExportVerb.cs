using System.CommandLine;
using ForgePrune.Cli.Engine;
using ForgePrune.Cli.Parsing;
using ForgePrune.Cli.Rendering;
using ForgePrune.Errors;
using ForgePrune.Gguf;
using ForgePrune.Quantization;

namespace ForgePrune.Cli.Verbs;

internal static class ExportVerb
{
    public static Verb Create(Session session)
    {
        var model = Options.Model();
        var place = Options.Typed("--out", "DIR", "Folder to write; must not exist.", text => Values.NewFolder("--out", text));
        place.Required = true;
        var format = new FormatOptions(["onnx", "gguf", FormatOptions.Decilm],
            "Write an ONNX folder, a GGUF file for llama.cpp in a folder, or a safetensors folder for the DeciLM classes of vLLM, TensorRT-LLM and MLX.");
        var quantize = new QuantizeOptions("Store the projections in so many bits instead of float32.");
        var onnx = new OnnxOptions();
        var calibration = Options.Typed<string?>("--calibration", "FILE", "Text, JSONL or .bin token ids that GPTQ reads.",
            text => Values.ExistingText("--calibration", text));
        var tokens = Options.Whole("--tokens", "Most tokens read of it.", 65536, 2, 1 << 30);
        var window = Options.Whole("--window", "Tokens per window.", 256, 2, 1 << 20);
        var threads = Options.Threads();
        var json = Options.Json();
        var command = new Command("export",
            "Write a dense or pruned model as an ONNX folder, a GGUF file, or a DeciLM folder, that runs as it is.") { model, place };
        foreach (var option in (Option[])[format.Asking, .. format.Details, .. onnx.All, quantize.Asking, .. quantize.Details, calibration, tokens, window, threads,
            json])
            command.Options.Add(option);
        command.SetAction(line =>
        {
            var settings = new ExportSettings(line.GetValue(model)!, line.GetValue(place)!, session.Threads(line.GetValue(threads)), quantize.Read(line),
                line.GetValue(calibration), line.GetValue(tokens), line.GetValue(window), format.Read(line), null, format.Asks(line, FormatOptions.Decilm));
            settings = settings with { Onnx = onnx.Read(line, settings.Quantize is not null, settings.Gguf is null && !settings.Decilm) };
            Require(settings);
            if (settings.Calibration is null && Options.Given(line, [tokens, window]).FirstOrDefault() is { } given)
                throw new BadInputException($"{given.Name} says how --calibration is read, which is not given; give it as well, or leave {given.Name} out");
            var figures = session.WithProgress(progress => ModelExport.Run(settings, progress, session.Stop));
            session.Print(line.GetValue(json), figures, CliJson.Default.ExportFigures, ExportTable.Show);
        });
        return new Verb(command,
            "forgeprune export ./MiniMind2 --out minimind2-onnx",
            "forgeprune export runs/a --out f16 --dtype f16 --logits last",
            "forgeprune export runs/a --out int4 --quantize int4 --calibration news.txt",
            "forgeprune export runs/a --out gguf --format gguf --type f16",
            "forgeprune export runs/a --out decilm --format decilm");
    }

    /// <summary>A text is read by error feedback, and by nothing else.</summary>
    private static void Require(ExportSettings settings)
    {
        if (settings.Decilm)
        {
            if (settings.Quantize is not null || settings.Calibration is not null)
                throw new BadInputException("--format decilm is written in float32; leave --quantize and --calibration out");
            return;
        }

        if (settings.Gguf is { } type)
        {
            if (settings.Quantize is not null)
                throw new BadInputException("--quantize says how ONNX stores projections; leave it out, or give --type q8_0 or --type q4_0 for GGUF");
            if (GgufTypes.Codes(type) is null && settings.Calibration is not null)
                throw new BadInputException("--calibration is read for --type q8_0 and --type q4_0 only; leave it out or give one of them");
            return;
        }

        var reads = settings.Quantize is { Method: QuantizationMethod.Gptq };
        if (reads && settings.Calibration is null)
            throw new BadInputException("--quantize-method gptq needs a text; give --calibration FILE, or take --quantize-method rtn");
        if (!reads && settings.Calibration is not null)
            throw new BadInputException("--calibration is read by --quantize-method gptq only; leave it out or quantize with gptq");
    }
}
