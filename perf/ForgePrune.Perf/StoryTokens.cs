using System.Buffers.Binary;
using System.Text;
using System.Text.RegularExpressions;
using ForgePrune.Checkpoints;
using ForgePrune.Errors;
using ForgePrune.Tokens;

namespace ForgePrune.Perf;

/// <summary>Calibration and training ids of stories divided by single newlines, by the rules that the reference's own files were made by: whitespace with a
/// newline in it is one newline,
/// stories with letters beyond ASCII are left out, every row of calibration is BOS and the beginning of one story, and training is all other stories as one
/// stream.</summary>
internal static partial class StoryTokens
{
    private const int Window = 256, CalibrationWindows = 128;

    /// <param name="model">Folder with the tokenizer.</param>
    /// <param name="folder">Gets calib.bin, train.bin, and train-bos.bin, the same stream with BOS before each row: uint16 ids, rows of 256.</param>
    /// <param name="expected">A calib.bin made by another program, which ours must equal; null where there is none.</param>
    public static int Run(string model, string text, string folder, string? expected)
    {
        var tokenizer = TokenizerReader.Load(model);
        var bos = tokenizer.BosTokenId ?? throw new BadInputException($"{model}: the tokenizer names no BOS token, with which every story begins");
        int[][] stories = [.. Single().Split(File.ReadAllText(text)).Select(Cleaned).Where(story => story.Length > 0 && Ascii.IsValid(story))
            .Select(tokenizer.Encode)];
        var chosen = stories.Where(story => story.Length >= Window - 1).Take(CalibrationWindows).ToHashSet();
        var calibration = stories.Where(chosen.Contains).SelectMany(story => story.Take(Window - 1).Prepend(bos)).ToArray();
        int[] all = [.. stories.Where(story => !chosen.Contains(story)).SelectMany(story => story.Prepend(bos))],
            stream = all[..(all.Length / Window * Window)];

        Directory.CreateDirectory(folder);
        var bytes = Bytes(calibration);
        File.WriteAllBytes(Path.Combine(folder, "calib.bin"), bytes);
        File.WriteAllBytes(Path.Combine(folder, "train.bin"), Bytes(stream));
        File.WriteAllBytes(Path.Combine(folder, "train-bos.bin"), Bytes([.. stream.Chunk(Window - 1).Where(row => row.Length == Window - 1)
            .SelectMany(row => row.Prepend(bos))]));
        Console.WriteLine($"{stories.Length} stories: {calibration.Length / Window} rows of calibration, {stream.Length / Window} of training");
        if (expected is null)
            return 0;
        var same = File.ReadAllBytes(expected).AsSpan().SequenceEqual(bytes);
        Console.WriteLine($"calibration {(same ? "equals" : "differs from")} {expected}");
        return same ? 0 : 1;
    }

    private static string Cleaned(string story) => Newlines().Replace(story.Trim(), "\n");

    private static byte[] Bytes(ReadOnlySpan<int> ids)
    {
        var bytes = new byte[ids.Length * sizeof(ushort)];
        for (var i = 0; i < ids.Length; i++)
            BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(i * sizeof(ushort)), checked((ushort)ids[i]));
        return bytes;
    }

    [GeneratedRegex(@"(?<!\n)\n(?!\n)")]
    private static partial Regex Single();

    [GeneratedRegex(@"\s*\n\s*")]
    private static partial Regex Newlines();
}
