namespace ForgePrune.Pipeline.Runs;

/// <summary>Names of stages are names of folders: lower-case letters, digits and hyphens, parts divided by a slash ("levels/03").</summary>
internal static class StageName
{
    private static readonly string[] Reserved = ["manifests", "state"];

    public static string Check(string stage)
    {
        var parts = stage.Split('/');
        if (Reserved.Contains(parts[0]) || parts.Any(part => part.Length == 0 || !part
            .All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '-')))
            throw new ArgumentException($"'{stage}' cannot name a stage", nameof(stage));
        return stage;
    }
}
