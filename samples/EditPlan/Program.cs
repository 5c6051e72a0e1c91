// Opens a finished run, changes how many FFN channels one layer keeps, refits both plans alike, and compares them on held-out text.
//
//   dotnet run -c Release --project samples/EditPlan -- MODEL RUN TEXT LAYER CHANNELS OUT
//
// MODEL is the dense model, RUN the run folder that "forgeprune prune" wrote for it, TEXT a text or .bin file of token ids, LAYER the layer to
// change, counted from 0, CHANNELS what it shall keep, and OUT the new folder for the ONNX model of the changed plan.
using ForgePrune.Calibration;
using ForgePrune.Checkpoints;
using ForgePrune.Evaluation;
using ForgePrune.Kernels;
using ForgePrune.Levels;
using ForgePrune.Model;
using ForgePrune.Onnx;
using ForgePrune.Onnx.Export;
using ForgePrune.Refit;
using ForgePrune.Tokens.Text;

const int window = 256, mostTokens = 65536;
if (args is not [var model, var run, var textFile, var layerText, var channels, var exported] || !int.TryParse(layerText, out var layer))
{
    Console.Error.WriteLine("usage: EditPlan MODEL RUN TEXT LAYER CHANNELS OUT");
    return 2;
}
using var dense = DecoderModel.Open(model);
using var pruned = DecoderModel.Open(run);
var (found, work) = (new Plan(pruned.Config.Layers), Directory.CreateTempSubdirectory("edit-plan-"));
var edited = found.With(layer, found.Layers[layer] with { Ffn = int.Parse(channels) });

var tokenizer = ModelTokenizer.For(dense, textFile);
var text = Windows.FromFile(textFile, tokenizer, window, dense.Config.VocabSize, mostTokens, ModelTokenizer.Begin(dense.Config, tokenizer)).Windows;
var (fitting, heldOut) = text.HoldOut(every: 8, seed: 0);

// The Grams of the dense model, and from them the order in which each layer loses heads and channels.
var device = new CpuDevice(Environment.ProcessorCount);
using var runner = OnnxServing.Cpu.Runner(dense.Config, device.Threads);
var grams = new GramFolder(work.CreateSubdirectory("grams").FullName, Calibrator.Source(dense, fitting));
Calibrator.Run(dense, runner, fitting, grams.Path, device);
var levels = LevelBuilder.Run(dense, grams, new LevelOptions(), work.CreateSubdirectory("levels").FullName, device);

Judge("found ", found);
OnnxExporter.Write(Judge("edited", edited), exported, dense.Tokenizer);
work.Delete(recursive: true);
return 0;

IDecoderModel Judge(string name, Plan plan)
{
    var shape = dense.Config with { Layers = plan.Layers };
    var refitted = FinalRefit.Run(dense, shape, levels, runner, fitting, new FinalRefitOptions(), Path.Combine(work.FullName, name.Trim()), device).Model;
    var judged = ModelEvaluation.Run(refitted, runner, heldOut, against: dense);
    Console.WriteLine($"{name}  {ModelSize.Of(shape).Total,13:N0} parameters  KL {judged.Kl:0.0000} nats per token  perplexity {judged.Perplexity:0.00}");
    return refitted;
}
