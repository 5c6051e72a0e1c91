using System.ComponentModel;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using ForgePrune.Testing;

namespace ForgePrune.Cli.Tests.EndToEnd;

/// <summary>A Slurm of three nodes on this machine, with daemons, ports and keys of its own. It listens on the loopback interface alone.</summary>
internal sealed partial class SlurmCluster : IDisposable
{
    // SIGSTOP and SIGCONT of Linux, the only system with Slurm here.
    private const int Stop = 19, Continue = 18;

    private const int Nodes = 3;

    private readonly TemporaryFolder folder = new();
    private readonly Dictionary<string, Process> daemons = [];

    private SlurmCluster()
    {
    }

    /// <summary>Skips the test where Slurm is not installed, or this user may not start it.</summary>
    public static SlurmCluster Start()
    {
        if (!OperatingSystem.IsLinux() || !new[] { "/usr/sbin/slurmctld", "/usr/sbin/slurmd", "/usr/bin/sbatch", "/usr/sbin/munged" }.All(File.Exists))
            Assert.Ignore("Slurm is missing: apt install slurmctld slurmd slurm-client munge");
        if (Environment.UserName != "root")
            Assert.Ignore("the daemons of this test are root's: Slurm runs jobs as their users");
        var cluster = new SlurmCluster();
        try
        {
            cluster.Begin();
            return cluster;
        }
        catch
        {
            cluster.Dispose();
            throw;
        }
    }

    /// <summary>SIGKILL to a node's daemon, to the managers of its steps, which would tell of their end, and to the work itself.</summary>
    public void KillNode(int node)
    {
        KillDaemon(node);
        var work = Processes($"\0SLURMD_NODENAME=n{node}\0");
        foreach (var id in work.Select(Parent).Where(id => Read(id, "comm").StartsWith("slurmstepd", StringComparison.Ordinal)).Distinct().Concat(work))
            Kill(id);
    }

    /// <summary>SIGKILL to the tool alone, as the kernel does where memory ends.</summary>
    /// <returns>How many processes there were.</returns>
    public int KillTool()
    {
        int[] tools = [.. Processes("\0SLURMD_NODENAME=n").Where(id => Read(id, "comm").Trim() == "dotnet")];
        foreach (var id in tools)
            Kill(id);
        return tools.Length;
    }

    /// <summary>The tool stands still on a node until it is woken.</summary>
    /// <returns>The processes that do.</returns>
    public int[] Freeze(int node)
    {
        int[] tools = [.. Processes($"\0SLURMD_NODENAME=n{node}\0").Where(id => Read(id, "comm").Trim() == "dotnet")];
        foreach (var id in tools)
            _ = Send(id, Stop);
        return tools;
    }

    public static void Wake(IEnumerable<int> processes)
    {
        foreach (var id in processes)
            _ = Send(id, Continue);
    }

    /// <summary>SIGKILL to a node's daemon. What it has started goes on, and Slurm gives the same task to another node meanwhile.</summary>
    public void KillDaemon(int node)
    {
        var daemon = daemons[$"n{node}"];
        daemon.Kill();
        daemon.WaitForExit();
    }

    /// <summary>Of this cluster alone: its configuration has a path of its own.</summary>
    private int[] Processes(string variable) =>
    [
        .. Directory.GetDirectories("/proc").Select(Path.GetFileName).Where(name => name!.All(char.IsAsciiDigit)).Select(name => int.Parse(name!))
            .Where(id => Environ(id) is var text && text.Contains(variable, StringComparison.Ordinal)
                && text.Contains($"SLURM_CONF={folder["slurm.conf"]}", StringComparison.Ordinal)),
    ];

    private static void Kill(int id)
    {
        try
        {
            using var process = Process.GetProcessById(id);
            process.Kill();
        }
        catch (Exception fault) when (fault is ArgumentException or InvalidOperationException)
        {
            // It has ended.
        }
    }

    private static string Environ(int id) => "\0" + Read(id, "environ");

    private static int Parent(int id) => Read(id, "status").Split('\n').FirstOrDefault(line => line.StartsWith("PPid:", StringComparison.Ordinal)) is { } line
        ? int.Parse(line[5..].Trim()) : 0;

    private static string Read(int id, string file)
    {
        try
        {
            return File.ReadAllText($"/proc/{id}/{file}");
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }

    public void StartNode(int node) => Daemon($"n{node}", "/usr/sbin/slurmd", "-D", "-N", $"n{node}");

    /// <summary>Runs one of Slurm's commands, or the tool as a user of this cluster.</summary>
    public ProcessStartInfo Of(ProcessStartInfo start)
    {
        start.Environment["SLURM_CONF"] = folder["slurm.conf"];
        return start;
    }

    /// <returns>Standard output.</returns>
    public string Ask(string program, params string[] words)
    {
        var start = Of(new ProcessStartInfo(program) { RedirectStandardOutput = true, RedirectStandardError = true });
        foreach (var word in words)
            start.ArgumentList.Add(word);
        using var process = Process.Start(start)!;
        var error = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0 ? output : output + error.Result;
    }

    /// <summary>Waits until no job is queued or running.</summary>
    public bool IsIdleWithin(TimeSpan time) => Until(time, () => Ask("squeue", "-h").Length == 0);

    public static bool Until(TimeSpan time, Func<bool> done)
    {
        var clock = Stopwatch.StartNew();
        while (!done())
        {
            if (clock.Elapsed > time)
                return false;
            Thread.Sleep(200);
        }

        return true;
    }

    public void Dispose()
    {
        Ask("scancel", "--user=root");
        foreach (var daemon in daemons.Values)
        {
            try
            {
                daemon.Kill(entireProcessTree: true);
                daemon.WaitForExit();
            }
            catch (InvalidOperationException)
            {
                // It has ended.
            }

            daemon.Dispose();
        }

        // What lost its daemon, and whatever it was doing.
        foreach (var id in Processes("\0SLURM"))
            Kill(id);
        folder.Dispose();
    }

    private void Begin()
    {
        // munged wants a key that only its user reads, in folders that only its user writes.
        File.WriteAllBytes(folder["munge.key"], Enumerable.Range(0, 128).Select(_ => (byte)Random.Shared.Next(256)).ToArray());
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(folder["munge.key"], UnixFileMode.UserRead);
        Daemon("munged", "/usr/sbin/munged", "--foreground", "--force", $"--socket={folder["munge.socket"]}", $"--key-file={folder["munge.key"]}",
            $"--log-file={folder["munged.log"]}", $"--pid-file={folder["munged.pid"]}", $"--seed-file={folder["munged.seed"]}");
        Assert.That(Until(TimeSpan.FromSeconds(10), () => File.Exists(folder["munge.socket"])), "munged did not start");
        var ports = FreePorts(Nodes + 1);
        Directory.CreateDirectory(folder["state"]);
        // By itself, Slurm looks at its queue 3 seconds after an event, and once a minute, as often as it forgets old jobs, for those that can never run.
        File.WriteAllText(folder["slurm.conf"], $"""
            ClusterName=test
            SlurmctldHost=localhost(127.0.0.1)
            SlurmctldPort={ports[0]}
            CommunicationParameters=NoInAddrAny,NoCtldInAddrAny
            AuthType=auth/munge
            AuthInfo=socket={folder["munge.socket"]},cred_expire=5
            SlurmUser=root
            SlurmdUser=root
            StateSaveLocation={folder["state"]}
            SlurmdSpoolDir={folder["spool-%n"]}
            SlurmctldPidFile={folder["slurmctld.pid"]}
            SlurmdPidFile={folder["slurmd-%n.pid"]}
            SlurmctldLogFile={folder["slurmctld.log"]}
            SlurmdLogFile={folder["slurmd-%n.log"]}
            ProctrackType=proctrack/linuxproc
            TaskPlugin=task/none
            JobAcctGatherType=jobacct_gather/none
            SelectType=select/cons_tres
            SelectTypeParameters=CR_CPU
            SlurmdParameters=config_overrides
            SlurmdTimeout=10
            KillWait=2
            SchedulerParameters=batch_sched_delay=0,sched_interval=1
            MinJobAge=10
            ReturnToService=2
            MpiDefault=none
            SwitchType=switch/none
            NodeName=n1 NodeHostname=localhost NodeAddr=127.0.0.1 Port={ports[1]} CPUs=1 RealMemory=64000
            NodeName=n2 NodeHostname=localhost NodeAddr=127.0.0.1 Port={ports[2]} CPUs=1 RealMemory=64000
            NodeName=n3 NodeHostname=localhost NodeAddr=127.0.0.1 Port={ports[3]} CPUs=1 RealMemory=64000
            PartitionName=cpu Nodes=n[1-3] Default=YES MaxTime=INFINITE State=UP

            """);
        Daemon("slurmctld", "/usr/sbin/slurmctld", "-D");
        for (var node = 1; node <= Nodes; node++)
        {
            Directory.CreateDirectory(folder[$"spool-n{node}"]);
            StartNode(node);
        }

        Assert.That(Until(TimeSpan.FromSeconds(60), () => Ask("sinfo", "-h", "-o", "%t %D").Trim() == $"idle {Nodes}"), () =>
            Ask("sinfo") + File.ReadAllText(folder["slurmctld.log"]));
    }

    private void Daemon(string name, string program, params string[] words)
    {
        var start = Of(new ProcessStartInfo(program) { RedirectStandardOutput = true, RedirectStandardError = true });
        foreach (var word in words)
            start.ArgumentList.Add(word);
        Process process;
        try
        {
            process = Process.Start(start)!;
        }
        catch (Win32Exception fault)
        {
            Assert.Ignore($"{program} cannot be started: {fault.Message}");
            throw;
        }

        // Read to the end, or a full pipe would stop it.
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        daemons[name] = process;
    }

    private static int[] FreePorts(int count)
    {
        var listeners = Enumerable.Range(0, count).Select(_ => new TcpListener(IPAddress.Loopback, 0)).ToArray();
        foreach (var listener in listeners)
            listener.Start();
        int[] ports = [.. listeners.Select(listener => ((IPEndPoint)listener.LocalEndpoint).Port)];
        foreach (var listener in listeners)
            listener.Stop();
        return ports;
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Send(int process, int signal);
}
