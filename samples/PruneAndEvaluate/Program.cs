// Prunes a model to a target, shows the plan that was found, and evaluates the ONNX model that came of it.
//
//   dotnet run -c Release --project samples/PruneAndEvaluate -- MODEL OUT TARGET CALIBRATION TEXT
//
// MODEL is a Hugging Face folder or a llama2.c file, OUT the run folder, TARGET a speedup such as 1.5x or a share to keep such as 0.5, CALIBRATION the
// text that the model is pruned on, and TEXT what the result is evaluated on. Ctrl-C stops; the same call resumes.
using ForgePrune;
using ForgePrune.Errors;

if (args is not [var model, var folder, var target, var calibration, var text])
{
    Console.Error.WriteLine("usage: PruneAndEvaluate MODEL OUT TARGET CALIBRATION TEXT");
    return 2;
}
using var stop = new CancellationTokenSource();
Console.CancelKeyPress += (_, key) => { key.Cancel = true; stop.Cancel(); };
try
{
    // A first look: a short search, and the finished models are timed for two seconds in each phase.
    var run = await Pruner.PruneAsync(
        model, folder, Target.Parse(target), settings => settings with { Calibration = calibration, Quick = true, TimingSeconds = 2 }, stop: stop.Token);
    foreach (var (layer, shape) in run.Plan.Layers.Index())
        Console.WriteLine($"layer {layer,2}: {shape.KvHeads} KV heads, {shape.QueryHeads} query heads, {shape.Ffn} FFN channels");
    var (summary, size) = (run.Summary, run.Summary.Parameters);
    Console.WriteLine($"{size.After:N0} of {size.Before:N0} parameters, KL {summary.Kl:0.000} nats per token");
    if (summary.Speedup is { } speedup)
        Console.WriteLine($"prefill {speedup.Prefill.Measured:0.00}x, decode {speedup.Decode.Measured:0.00}x as fast as the dense model");
    if (run.Shortfall is { } shortfall)
        Console.WriteLine(shortfall);

    using var served = run.Open();
    Console.WriteLine(served.Evaluate(text));
    return run.Shortfall is null ? 0 : 1;
}
catch (ForgePruneException fault)
{
    Console.Error.WriteLine(fault.Message);
    return 2;
}
catch (OperationCanceledException)
{
    Console.Error.WriteLine("stopped; the same call resumes");
    return 130;
}
