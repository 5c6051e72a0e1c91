using System.CommandLine;
using ForgePrune.Cli.Engine;
using ForgePrune.Cli.Parsing;
using ForgePrune.Cli.Rendering;

namespace ForgePrune.Cli.Verbs;

internal static class KernelsVerb
{
    public static Verb Create(Session session) => new(
        new Command("kernels", "List the GPU kernels, or export them as PTX for other programs.") { List(session), Devices(session), Export(session) },
        "forgeprune kernels list", "forgeprune kernels devices", "forgeprune kernels export --out ptx --target sm_80");

    private static Command List(Session session)
    {
        var json = Options.Json();
        var command = new Command("list", "Show every GPU kernel and what it computes.") { json };
        command.SetAction(line => session.Print(line.GetValue(json), KernelCatalog.All(), CliJson.Default.IReadOnlyListKernelFacts, KernelTable.Show));
        return command;
    }

    private static Command Devices(Session session)
    {
        var api = Options.Typed("--api", "NAME", "Ask one interface alone: cuda or opencl.", Values.Interface);
        var json = Options.Json();
        var command = new Command("devices", "Show the GPUs that drivers list, and why one cannot be used.") { api, json };
        command.SetAction(line => session.Print(line.GetValue(json), GpuSurvey.AskHere(line.GetValue(api)), CliJson.Default.IReadOnlyListGpuApi,
            GpuTable.Show));
        return command;
    }

    private static Command Export(Session session)
    {
        var place = Options.Typed("--out", "DIR", "Folder to write; must not exist.", text => Values.NewFolder("--out", text));
        place.Required = true;
        var target = Options.Typed("--target", "SM", "Architecture to compile for.", Values.KernelTarget, "sm_80");
        var json = Options.Json();
        var command = new Command("export", "Write all kernels as PTX with a manifest and a C header. No GPU is needed.") { place, target, json };
        command.SetAction(line => session.Print(
            line.GetValue(json), KernelCatalog.Export(line.GetValue(place)!, line.GetValue(target)!), CliJson.Default.KernelExportFigures, KernelTable.Show));
        return command;
    }
}
