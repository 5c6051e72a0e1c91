using System.Diagnostics;
using ForgePrune.Testing;

namespace ForgePrune.Tests.Trainers;

/// <summary>Python with the stubs of this folder in the place of transformers. Tests are skipped aloud without Python; where torch is not installed its
/// stand-in knows shapes only.</summary>
internal static class Python
{
    private static readonly string Stubs = Path.Combine(Shared.Root, "tests", "ForgePrune.Tests", "Trainers");

    private static readonly Lazy<(string Program, bool Torch)?> Found = new(Find);

    /// <summary>Whether torch computes.</summary>
    public static bool HasTorch => Found.Value is { Torch: true };

    /// <summary>A file of this folder.</summary>
    public static string File(string name) => Path.Combine(Stubs, name);

    /// <summary>What a program prints.</summary>
    public static string Run(params string[] arguments)
    {
        if (Found.Value is not { } found)
        {
            Assert.Ignore("needs python3");
            return "";
        }

        var (code, output, errors) = Start(found.Program, arguments, found.Torch);
        Assert.That(code, Is.Zero, errors);
        return output;
    }

    /// <summary>An interpreter that has torch, or any.</summary>
    private static (string, bool)? Find()
    {
        string[] programs = ["python3", "/usr/bin/python3"];
        foreach (var program in programs)
        {
            if (Works(program, "import torch"))
                return (program, true);
        }

        return programs.Where(program => Works(program, "")).Select(program => ((string, bool)?)(program, false)).FirstOrDefault();
    }

    private static bool Works(string program, string code)
    {
        try
        {
            return Start(program, ["-c", code], torch: true).Code == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }

    private static (int Code, string Output, string Errors) Start(string program, string[] arguments, bool torch)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["PYTHONPATH"] = string.Join(':', [Path.Combine(Stubs, "stubs"), .. torch ? Array.Empty<string>() : [Path.Combine(Stubs, "shapes")]]);
        start.Environment["PYTHONDONTWRITEBYTECODE"] = "1";
        start.Environment["OMP_NUM_THREADS"] = "1";
        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output, errors.Result);
    }
}
