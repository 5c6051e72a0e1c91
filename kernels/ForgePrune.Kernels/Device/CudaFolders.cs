namespace ForgePrune.Kernels;

/// <summary>The folders that libraries of CUDA are installed into: by the user's word, by NVIDIA's packages for the system, by those for Python.</summary>
internal static class CudaFolders
{
    /// <summary>Folders of CUDA's own layout, below its home.</summary>
    private static readonly string[] Layout = ["lib64", "targets/x86_64-linux/lib", "lib"];

    /// <summary>Where environments of Python begin, below the system's root.</summary>
    private static readonly string[] Pythons = ["usr/local", "usr", "opt/conda"];

    /// <param name="variable">A variable of the environment by its name; null where it is not set.</param>
    /// <param name="root">The system's, "/".</param>
    /// <returns>Those that exist, the best first.</returns>
    public static IEnumerable<string> All(Func<string, string?> variable, string root = "/")
    {
        var homes = Set(variable, "CUDA_HOME", "CUDA_PATH").Concat(Below(Path.Combine(root, "usr/local"), "cuda*"));
        var pythons = Set(variable, "VIRTUAL_ENV", "CONDA_PREFIX").Concat(Set(variable, "HOME").Select(home => Path.Combine(home, ".local")))
            .Concat(Pythons.Select(place => Path.Combine(root, place)));
        return homes.SelectMany(home => Layout.Select(part => Path.Combine(home, part))).Concat(pythons.SelectMany(OfPython)).Where(Directory.Exists);
    }

    /// <summary>lib/python3.12/site-packages/nvidia/cublas/lib, and its like: a package has a folder, and CUDA 13's share one.</summary>
    private static IEnumerable<string> OfPython(string environment) =>
        from python in Below(Path.Combine(environment, "lib"), "python3*")
        from packages in new[] { "site-packages", "dist-packages" }
        from package in Below(Path.Combine(python, packages, "nvidia"), "*")
        select Path.Combine(package, "lib");

    private static IEnumerable<string> Set(Func<string, string?> variable, params string[] names) =>
        names.Select(variable).OfType<string>().Where(value => value.Length > 0);

    /// <summary>The last name first: that of the latest version, as a rule.</summary>
    private static IEnumerable<string> Below(string folder, string pattern) =>
        Directory.Exists(folder) ? Directory.EnumerateDirectories(folder, pattern).OrderDescending(StringComparer.Ordinal) : [];
}
