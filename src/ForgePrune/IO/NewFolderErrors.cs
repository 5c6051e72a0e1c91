using ForgePrune.Errors;

namespace ForgePrune.IO;

internal static class NewFolderErrors
{
    public static BadInputException Exists(string folder) => new($"{folder} exists already and is not replaced; name another folder or remove it");

    public static BadInputException Busy(string folder, Exception cause) =>
        new($"{folder} is being written by another process; wait until it ends or name another folder", cause);

    public static BadInputException Overtaken(string folder, Exception cause) =>
        new($"{folder} has come into being while it was written, so what is there stays; name another folder or remove it", cause);
}
