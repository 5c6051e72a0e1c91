using System.CommandLine;
using ForgePrune.Cli.Engine;
using ForgePrune.Cli.Parsing;
using ForgePrune.Cli.Rendering;
using ForgePrune.Onnx;
using ForgePrune.Onnx.Providers;

namespace ForgePrune.Cli.Verbs;

internal static class DoctorVerb
{
    public static Verb Create(Session session)
    {
        var json = Options.Json();
        var command = new Command("doctor", "Show this machine, its GPUs, the runtime and what is missing with its cure.") { json };
        command.SetAction(line =>
        {
            var found = OnnxLibraries.Look();
            var report = DoctorReport.Make(new RuntimeFacts(found.OnnxRuntime, found.Providers, found.GenAi, found.Fault, OnnxLibraries.Build,
                found.Providers.Count > 0 && CudaProvider.IsBuilt, CudaProvider.Libraries), GpuSurvey.Ask(), GpuUse.All());
            session.Print(line.GetValue(json), report, CliJson.Default.DoctorReport, DoctorTable.Show);
            return report.Missing.Any(missing => missing.Needed) ? ExitCode.Broken : 0;
        });
        return new Verb(command, "forgeprune doctor", "forgeprune doctor --json");
    }
}
