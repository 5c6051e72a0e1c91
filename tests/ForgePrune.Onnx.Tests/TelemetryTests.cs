using System.Diagnostics;
using ForgePrune.Onnx.Graphs;
using Microsoft.ML.OnnxRuntime;

namespace ForgePrune.Onnx.Tests;

public sealed class TelemetryTests
{
    [Test]
    public void Native_code_sees_telemetry_forbidden() => Assert.That(Telemetry.NativeValue, Is.EqualTo("1"));

    [Test]
    public void A_process_that_runs_a_model_leaves_nothing_in_a_fresh_home()
    {
        var home = Directory.CreateTempSubdirectory("forgeprune-home");
        try
        {
            var start = new ProcessStartInfo("dotnet", [typeof(TelemetryTests).Assembly.Location, "telemetry"]) { RedirectStandardOutput = true };
            start.Environment["HOME"] = home.FullName;
            foreach (var folder in (string[])["XDG_CACHE_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_CONFIG_HOME", "TMPDIR"])
                start.Environment[folder] = home.FullName;
            start.Environment["DOTNET_CLI_TELEMETRY_OPTOUT"] = "1";
            // Without the diagnostic server .NET itself leaves no socket in the temporary folder.
            start.Environment["DOTNET_EnableDiagnostics"] = "0";
            start.Environment.Remove(Telemetry.Variable);
            using var child = Process.Start(start)!;
            var output = child.StandardOutput.ReadToEnd();
            child.WaitForExit();
            Assert.That(child.ExitCode, Is.Zero, output);
            Assert.That(output.Trim(), Is.EqualTo("1 -> 7"));
            Assert.That(home.EnumerateFiles("*", SearchOption.AllDirectories).Select(file => file.FullName), Is.Empty);
        }
        finally
        {
            home.Delete(recursive: true);
        }
    }

    // Without the variable ONNX Runtime leaves four files there (a device id, an event store, a session file, a log): checked by hand.

    /// <summary>Runs in the child: loads the native library, runs a model, says what native code sees and what the model answered.</summary>
    internal static int Child()
    {
        var graph = new OnnxGraph("sum");
        graph.Output("y", OnnxType.Float, 1);
        graph.Node("Add", "", [graph.Input("x", OnnxType.Float, 1), graph.Initializer<float>("three", [3], 1)], ["y"]);
        using var session = new InferenceSession(graph.ToBytes());
        using var x = OrtValue.CreateTensorValueFromMemory<float>([4f], [1]);
        using var options = new RunOptions();
        using var results = session.Run(options, ["x"], [x], ["y"]);
        Console.WriteLine($"{Telemetry.NativeValue} -> {results[0].GetTensorDataAsSpan<float>()[0]}");
        return 0;
    }
}
