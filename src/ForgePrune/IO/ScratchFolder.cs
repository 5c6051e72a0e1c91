using ForgePrune.Errors;

namespace ForgePrune.IO;

/// <summary>Folders for files that go away again, where the system keeps such.</summary>
internal static class ScratchFolder
{
    /// <summary>Creates a new folder.</summary>
    /// <exception cref="BrokenEnvironmentException">There is no place for it.</exception>
    public static string Create(string prefix)
    {
        try
        {
            return Directory.CreateTempSubdirectory(prefix).FullName;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new BrokenEnvironmentException(
                $"no temporary folder can be made in {Path.GetTempPath()} ({e.Message.ReplaceLineEndings(" ").TrimEnd('.')}); set TMPDIR to a folder that exists and can be written", e);
        }
    }

    /// <summary>Checks before work starts whether a folder can be created.</summary>
    /// <exception cref="BrokenEnvironmentException">There is no place for it.</exception>
    public static void Require() => Directory.Delete(Create("forgeprune-"));
}
