using ForgePrune.Perf;
using ForgePrune.Perf.Findings;
using ForgePrune.Perf.Results;
using ForgePrune.Perf.Torch;

#if DEBUG
Console.Error.WriteLine("This is a Debug build, whose times mean nothing; run with -c Release.");
return 3;
#else
Console.WriteLine($"{Environment.ProcessorCount} processors, .NET {Environment.Version}, widest vector {Widest()} bits");
switch (args)
{
    case ["product", ..]:
        ProductPerf.Run();
        return 0;
    case ["blas"]:
        return CBlas.OpenBlas() is { } openBlas && BlasPerf.Run(openBlas, CBlas.Blis()) is not null ? 0 : Recording.Missing();
    case ["levels"]:
        LevelsPerf.Run(rows: 1024, cols: 4096, removals: int.MaxValue);
        return 0;
    case ["levels", var rows, var cols, var removals]:
        LevelsPerf.Run(int.Parse(rows), int.Parse(cols), int.Parse(removals));
        return 0;
    case ["record", var file, var machine]:
        return Recording.Run(file, machine);
    case ["table", var folder, var page]:
        File.WriteAllText(page, ResultTable.Placed(File.ReadAllText(page), ResultTable.Of(PerfRecord.ReadAll(folder))));
        return 0;
    case ["training", .. var rest]:
        TrainingPerf.Run(rest is [var threads, ..] ? int.Parse(threads) : Environment.ProcessorCount);
        return 0;
    case ["torch", .. var rest]:
        return TorchPerf.Run(rest is [var atMost, ..] ? int.Parse(atMost) : Environment.ProcessorCount);
    case ["curve", var model, var calibration, var text, var evaluation, var loss, var steps, var folder]:
        TrainingCurve.Run(model, calibration, text, evaluation, Enum.Parse<ForgePrune.Training.RecoveryLoss>(loss, ignoreCase: true), int.Parse(steps), folder);
        return 0;
    case ["validation", var rows, var columns, var tokens, var others, .. var heads]:
        ValidationPerf.Run(int.Parse(rows), int.Parse(columns), int.Parse(tokens), int.Parse(others), [.. heads.Select(int.Parse)]);
        return 0;
    case ["output-norm", var text, var steps, var seeds, var folder]:
        OutputNormPerf.Run(text, int.Parse(steps), int.Parse(seeds), folder);
        return 0;
    case ["experts", var text, var steps, var seeds, var folder]:
        ExpertsPerf.Run(text, int.Parse(steps), int.Parse(seeds), folder);
        return 0;
    case ["routed", var experts, var perToken, var hidden, var width, var tokens]:
        RoutedPerf.Run(int.Parse(experts), int.Parse(perToken), int.Parse(hidden), int.Parse(width), int.Parse(tokens));
        return 0;
    case ["forward", var model, var window, var rows]:
        ForwardPerf.Run(model, int.Parse(window), int.Parse(rows));
        return 0;
    case ["serving", var model, var folder, var ffn, var ways]:
        ServingPerf.Run(model, folder, int.Parse(ffn), ways);
        return 0;
    case ["openings", var folder, var copies]:
        OpeningsPerf.Run(folder, int.Parse(copies));
        return 0;
    case ["scopes", var dense, var pruned, var text, var evaluation, var budget, .. var scopes]:
        ScopePerf.Run(dense, pruned, text, evaluation, budget, scopes);
        return 0;
    case ["cross-fitting", var model, var text, var evaluation, var tokens, var folds, var seeds, var targets, var folder]:
        CrossFittingPerf.Run(model, text, evaluation, int.Parse(tokens), Whole(folds), Whole(seeds),
            [.. targets.Split(',').Select(target => double.Parse(target, System.Globalization.CultureInfo.InvariantCulture))], folder);
        return 0;
    case ["halve", var model, var folder]:
        ScopePerf.Halve(model, folder);
        return 0;
    case ["scaling", var folder, var layers, var hidden, var tokens, var workers]:
        return ScalingPerf.Run(folder, int.Parse(layers), int.Parse(hidden), int.Parse(tokens), Whole(workers));
    case ["stories", var model, var text, var folder, .. var expected]:
        return StoryTokens.Run(model, text, folder, expected.FirstOrDefault());
    case ["made-checkpoint", var config, var folder]:
        SyntheticCheckpoint.Write(config, folder, seed: 1);
        return 0;
    case ["block", var config, var tokens, var workers, .. var named]:
        // As the command line does.
        ForgePrune.Memory.LargeArrays.Collects = true;
        BlockPerf.Run(config, int.Parse(tokens), int.Parse(workers), Option(named, "--experts") is { } some ? int.Parse(some) : null,
            Option(named, "--json"));
        return 0;
    case ["quality", var shared, var runs, var removed, var seeds, .. var extra]:
        return QualityPerf.Run(shared, runs, Whole(removed), Whole(seeds), extra);
    case ["findings", var model, var runs, var text, var tokens, var seeds, var claims, .. var common]:
        return FindingsPerf.Run(model, runs, text, int.Parse(tokens), Whole(seeds), claims == "all-claims" ? [] : claims.Split(','), common);
    default:
        Console.Error.WriteLine("""
            Say what to measure:
                product
                blas
                levels [ROWS COLUMNS REMOVALS-OF-THE-PLAIN-ALGORITHM]
                training [threads]
                torch [threads]
                forward MODEL WINDOW ROWS
                serving MODEL FOLDER CHANNELS alone,together
                openings EXPORTED-FOLDER COPIES
                output-norm TEXT STEPS SEEDS FOLDER
                experts TEXT STEPS SEEDS FOLDER
                routed EXPERTS PER-TOKEN HIDDEN CHANNELS TOKENS
                validation ROWS COLUMNS TOKENS VALIDATION-TOKENS [HEADS KV-HEADS]
                block CONFIG TOKENS THREADS [--experts N] [--json FILE]
                scopes DENSE PRUNED TEXT.bin EVALUATION.bin|none SECONDS|PASSESx|0 SCOPE@RATE…
                halve MODEL FOLDER
                cross-fitting MODEL CALIBRATION.bin EVALUATION.bin TOKENS 2,4 1,2,3 0.5,0.7 FOLDER
                curve MODEL CALIBRATION.bin TRAINING.bin EVALUATION.bin kl|ce STEPS FOLDER
                record FILE MACHINE
                table FOLDER PAGE
                quality SHARED RUNS 20,30,40,50,60 1,2,3 [options of prune]
                findings MODEL RUNS TEXT TOKENS 1,2,3 darwinlm,self-pruner,dress,adapt-pruner,all,baselines|all-claims OPTIONS-OF-PRUNE
                scaling FOLDER LAYERS WIDTH TOKENS 1,2,3
                stories MODEL TEXT FOLDER [CALIBRATION.bin]
                made-checkpoint CONFIG FOLDER
            """);
        return 2;
}

static int[] Whole(string list) => [.. list.Split(',').Select(int.Parse)];

static string? Option(string[] named, string name) => Array.IndexOf(named, name) is >= 0 and var place ? named[place + 1] : null;

static int Widest() => System.Runtime.Intrinsics.Vector512.IsHardwareAccelerated ? 512 : System.Numerics.Vector<byte>.Count * 8;
#endif
