// Searches for a plan under a budget that the tool does not know: the energy of a decode step (DecodeEnergy.cs).
//
//   dotnet run -c Release --project samples/OwnCostModel -- MODEL TEXT SHARE
//
// MODEL is the dense model, TEXT a text or .bin file of token ids, and SHARE the share of the dense model's energy that may stay, such as 0.7.
using System.Globalization;
using ForgePrune.Calibration;
using ForgePrune.Checkpoints;
using ForgePrune.Evaluation;
using ForgePrune.Kernels;
using ForgePrune.Levels;
using ForgePrune.Model;
using ForgePrune.Onnx;
using ForgePrune.Refit;
using ForgePrune.Search;
using ForgePrune.Search.Costs;
using ForgePrune.Tokens.Text;

const int window = 256, mostTokens = 65536, context = 1024, ffnStep = 8;
const long cacheBytes = 1L << 30;
if (args is not [var model, var textFile, var share])
{
    Console.Error.WriteLine("usage: OwnCostModel MODEL TEXT SHARE");
    return 2;
}
using var dense = DecoderModel.Open(model);
var tokenizer = ModelTokenizer.For(dense, textFile);
var text = Windows.FromFile(textFile, tokenizer, window, dense.Config.VocabSize, mostTokens, ModelTokenizer.Begin(dense.Config, tokenizer)).Windows;
var (fitting, heldOut) = text.HoldOut(every: 8, seed: 0);

// The Grams of the dense model, and from them the levels of every layer.
var (device, work) = (new CpuDevice(Environment.ProcessorCount), Directory.CreateTempSubdirectory("own-cost-"));
using var runner = OnnxServing.Cpu.Runner(dense.Config, device.Threads);
var grams = new GramFolder(work.CreateSubdirectory("grams").FullName, Calibrator.Source(dense, fitting));
Calibrator.Run(dense, runner, fitting, grams.Path, device);
var levels = LevelBuilder.Run(dense, grams, new LevelOptions(), work.CreateSubdirectory("levels").FullName, device);
var weights = LevelSource.Refitting(dense, levels, grams, cacheBytes, device);

// Every level is priced by what it costs in divergence; the search spends the budget where that is least.
ICostModel cost = new DecodeEnergy(dense.Config, context);
var whole = cost.Of(new Plan(dense.Config.Layers));
var space = new BudgetedSpace(
    SearchSpace.For(dense.Config, SearchSpaceOptions.Fifths(ffnStep), cost), cost, whole * double.Parse(share, CultureInfo.InvariantCulture));
var found = new PlanSearch(space, new PlanEvaluator(dense, runner, weights), fitting, SearchEffort.Quick).Run(seed: 0);
foreach (var stage in found.Stages)
    Console.WriteLine($"{stage.Name,-20} {1000 * stage.Cost:0.000} mJ of {1000 * whole:0.000}  KL {stage.Kl:0.0000} nats per token");

using var compact = CompactModel.Build(dense, found.Best.Plan, weights);
Console.WriteLine($"held out: KL {ModelEvaluation.Run(compact, runner, heldOut, against: dense).Kl:0.0000}, {ModelSize.Of(compact.Config).Total:N0} parameters");
work.Delete(recursive: true);
return 0;
