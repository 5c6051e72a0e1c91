using ForgePrune.Errors;

namespace ForgePrune.IO;

internal static class ChecksummedFileErrors
{
    private const string Cure = "delete it and run again to make it anew";

    public static BadInputException Missing(string path) =>
        new($"{path} does not exist but an earlier stage should have written it; run that stage again.");

    public static BadInputException Size(string path, long bytes, long expected) =>
        new($"{path} has {bytes} bytes where its header needs {expected}, so it is truncated or foreign; {Cure}.");

    public static BadInputException Kind(string path, string kind) =>
        new($"{path} does not begin with '{kind}', so it is not a file of that kind and version; {Cure}.");

    public static BadInputException Foreign(string path, SourceHash found, SourceHash expected) =>
        new($"{path} was made from other sources or settings ({found.Hex[..12]}, needed {expected.Hex[..12]}); {Cure}, or name another folder.");

    public static BadInputException Damaged(string path, Exception? inner = null) =>
        new($"{path} fails its checksum, so its bytes or its name have changed since it was written; {Cure}.", inner);
}
