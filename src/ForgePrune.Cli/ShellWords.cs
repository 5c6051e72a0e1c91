namespace ForgePrune.Cli;

/// <summary>Words as a POSIX shell reads them.</summary>
internal static class ShellWords
{
    /// <summary>One word, whatever is in it.</summary>
    public static string Quoted(string word) => $"'{word.Replace("'", "'\\''", StringComparison.Ordinal)}'";

    /// <summary>The same as people type it: without quotes where it needs none.</summary>
    public static string Typed(string word) =>
        word.Length > 0 && word.All(letter => char.IsAsciiLetterOrDigit(letter) || "-_./=,:+@%".Contains(letter)) ? word : Quoted(word);
}
