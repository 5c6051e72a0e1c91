using System.Diagnostics;
using System.Runtime.Versioning;
using ForgePrune.Testing;

namespace ForgePrune.Kernels.Gpu.Tests;

/// <summary>The scripts that carry the measuring program to a machine with a GPU and start it there, with a program that only tells how it was
/// started.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class PerfScriptTests
{
    private const string Teller = "#!/bin/sh\necho \"started: $@\"\necho \"libraries: $LD_LIBRARY_PATH\"\nexit 3\n";

    [Test]
    public void It_wants_pieces_or_what_they_unpack_to()
    {
        using var folder = new TemporaryFolder();
        Assert.That(Run(folder, "run.sh"), Is.EqualTo((2, "", "usage: run.sh PIECE ... | FOLDER [options]; perf/gpu/pack.sh makes the pieces, and the head of this file names the options\n")));
        RequireRefusal(folder, [folder.Path], "holds no ForgePrune.GpuPerf");
        RequireRefusal(folder, [folder.Write("other.tar.xz", "")], "'" + folder["other.tar.xz"] + "' is no piece");
        RequireRefusal(folder, [folder["forgeprune-gpu.tar.xz.1-of-1"]], "is no piece");
        RequireRefusal(folder, [folder.Write("forgeprune-gpu.tar.xz.1-of-1", "no archive")], "cannot be unpacked");
    }

    [Test]
    public void It_starts_the_program_of_a_folder_and_passes_its_exit_code_on()
    {
        using var folder = new TemporaryFolder();
        WriteTeller(folder.Path);
        var (code, output, _) = Run(folder, "run.sh", folder.Path, "--device", "cuda:1", "--out", folder["out"]);
        Assert.That(code, Is.EqualTo(3));
        Assert.That(output, Does.Contain($"started: --out {folder["out"]} --device cuda:1\n"));
        Assert.That(File.ReadAllText(folder["out/run.log"]), Is.EqualTo(output));
    }

    [Test]
    public void It_joins_pieces_in_any_order_and_misses_none()
    {
        using var folder = new TemporaryFolder();
        WriteTeller(Directory.CreateDirectory(folder["made"]).FullName);
        // So that the archive is longer than a piece.
        var noise = new byte[4000];
        new Random(1).NextBytes(noise);
        File.WriteAllBytes(folder["made/noise"], noise);
        Assert.That(Shell(folder, "tar -C made -cJ . | split -b 1500 -d -a 1 - part. && for k in 0 1 2; do mv part.$k forgeprune-gpu.tar.xz.$((k + 1))-of-3; done && ls part.* 2>/dev/null").Code, Is.EqualTo(2));
        string[] pieces = [.. Enumerable.Range(1, 3).Select(number => folder[$"forgeprune-gpu.tar.xz.{number}-of-3"])];
        RequireRefusal(folder, [pieces[2], pieces[0]], "forgeprune-gpu.tar.xz.2-of-3 is missing; give run.sh all 3 pieces of it");
        var (code, output, error) = Run(folder, "run.sh", pieces[2], pieces[0], pieces[1]);
        Assert.That(code, Is.EqualTo(3), error);
        Assert.That(output, Does.Contain("started: --out gpu-results\n"));
    }

    [Test]
    public void Libraries_of_cuda_are_found_among_those_of_python_and_what_is_missing_is_named()
    {
        using var folder = new TemporaryFolder();
        WriteTeller(folder.Path);
        foreach (var library in new[] { "cublas/lib/libcublas.so.13", "cublas/lib/libcublasLt.so.13", "cu13/lib/libcurand.so.10", "cu13/lib/libunasked.so" })
        {
            Directory.CreateDirectory(Path.GetDirectoryName(folder["site/nvidia/" + library])!);
            folder.Write("site/nvidia/" + library, "");
        }
        var (_, output, error) = Run(folder, "run.sh", [folder.Path], ("PYTHONPATH", folder["site"]), ("LD_LIBRARY_PATH", "/own"));
        if (File.Exists("/usr/local/cuda/lib64/libcudart.so.13"))
            Assert.Inconclusive("CUDA 13 is installed here.");
        var found = $"/own:{folder["site/nvidia/cublas/lib"]}:{folder["site/nvidia/cu13/lib"]}";
        Assert.That(output, Does.Contain($"CUDA 13's libraries: {found}; missing: libcudart.so.13\n").And.Contain($"libraries: {found}\n"), error);
    }

    [Test]
    public void Packing_never_writes_into_a_folder_that_holds_something()
    {
        using var folder = new TemporaryFolder();
        folder.Write("mine", "");
        foreach (var words in new string[][] { [folder.Path], [folder["mine"]] })
            Assert.That(Run(folder, "pack.sh", words),
                Is.EqualTo((2, "", $"'{words[0]}' is not empty; name another folder, which then holds the pieces alone\n")));
        foreach (var words in new string[][] { [], ["--cuda-provider"], [folder["new"], "--fast"], [folder["new"], "--cuda-provider", "more"] })
            Assert.That(Run(folder, "pack.sh", words), Is.EqualTo((2, "", "usage: perf/gpu/pack.sh FOLDER [--cuda-provider]\n")));
        Assert.That(folder.Files, Is.EqualTo(new[] { folder["mine"] }));
    }

    private static void RequireRefusal(TemporaryFolder folder, string[] words, string sentence)
    {
        var (code, output, error) = Run(folder, "run.sh", words);
        Assert.That((code, output), Is.EqualTo((2, "")), error);
        Assert.That(error, Does.Contain(sentence));
        Assert.That(Directory.Exists(folder["gpu-results"]), Is.False);
    }

    private static void WriteTeller(string folder)
    {
        var program = Path.Combine(folder, "ForgePrune.GpuPerf");
        File.WriteAllText(program, Teller);
        File.SetUnixFileMode(program, UnixFileMode.UserRead | UnixFileMode.UserExecute);
    }

    private static (int Code, string Output, string Error) Run(TemporaryFolder folder, string script, params string[] words) => Run(folder, script, words, []);

    private static (int Code, string Output, string Error) Run(TemporaryFolder folder, string script, string[] words,
        params (string Name, string Value)[] variables) =>
        Start(folder, [Path.Combine(Shared.Root, "perf", "gpu", script), .. words], variables);

    private static (int Code, string Output, string Error) Shell(TemporaryFolder folder, string command) => Start(folder, ["-c", command], []);

    private static (int Code, string Output, string Error) Start(TemporaryFolder folder, string[] words, (string Name, string Value)[] variables)
    {
        var start = new ProcessStartInfo("bash", words) { WorkingDirectory = folder.Path, RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment.Remove("OUT");
        start.Environment.Remove("LD_LIBRARY_PATH");
        foreach (var (name, value) in variables)
            start.Environment[name] = value;
        using var process = Process.Start(start)!;
        var error = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output, error.Result);
    }
}
