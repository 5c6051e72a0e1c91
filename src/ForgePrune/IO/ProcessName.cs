namespace ForgePrune.IO;

/// <summary>Names by which processes of several machines in one folder are told apart.</summary>
internal static class ProcessName
{
    // With a process, a random number, and the longest name of ours, below the 255 bytes that file systems allow.
    private const int LongestHost = 40;

    /// <summary>The machine's name, with only what every file system takes.</summary>
    public static string Host { get; } = Plain(Environment.MachineName);

    /// <summary>Host and process.</summary>
    public static string Own { get; } = $"{Host}-{Environment.ProcessId}";

    /// <summary>Host, process and a random number: no two calls anywhere give the same. Containers of one image may share the first two.</summary>
    public static string Unique() => $"{Own}-{Guid.NewGuid():N}";

    /// <summary>Letters, digits and minus signs alone.</summary>
    internal static string Plain(string name)
    {
        var plain = string.Concat(name.Select(letter => char.IsAsciiLetterOrDigit(letter) ? letter : '-'));
        return plain.Length == 0 ? "host" : plain[..Math.Min(plain.Length, LongestHost)];
    }
}
