using System.Text;
using ForgePrune.Checkpoints;
using ForgePrune.Errors;
using ForgePrune.Model;
using ForgePrune.Testing;

namespace ForgePrune.Tests.Checkpoints;

/// <summary>Mutates the files of small sound checkpoints: whatever comes, a model opens or one sentence says why not.</summary>
public sealed class CheckpointFuzzTests
{
    private static readonly string[] Words =
        ["0", "-1", "1", "2", "1.5", "1e999", "-0", "2147483648", "9223372036854775807", "18446744073709551616", "null", "true", "\"\"", "\"F16\"",
            "\"\\ud800\"", "[]", "{}",
            "[0,0]", "[[[[]]]]", "\"llama3\"", "\"forgeprune\"", "\"../x\""];

    [Test]
    [Category("Slow")]
    public void Mutated_files_open_or_are_refused_in_one_sentence()
    {
        int count = Fuzz.Count(3000), seed = Fuzz.Seed(20240601);
        TestContext.Out.WriteLine($"{count} mutations, seed {seed}");
        var random = new Random(seed);
        using var folder = new TemporaryFolder();
        (string File, byte[] Sound, int Header)[] targets = [.. Targets(folder)];
        int opened = 0, refused = 0;
        for (int i = 0; i < count; i++)
        {
            (string file, byte[] sound, int header) = targets[random.Next(targets.Length)];
            byte[] mutated = sound;
            for (int rounds = random.Next(1, 4); rounds > 0; rounds--)
                mutated = Mutate(random, mutated, Math.Min(header, mutated.Length), file.EndsWith(".safetensors", StringComparison.Ordinal));
            File.WriteAllBytes(file, mutated);
            if (Opens(file, mutated, i))
                opened++;
            else
                refused++;
            File.WriteAllBytes(file, sound);
        }

        TestContext.Out.WriteLine($"{opened} opened, {refused} refused");
        Assert.That((opened > 0, refused > opened), Is.EqualTo((true, true)), "a fuzz that only ever does one thing tests nothing");
    }

    private static bool Opens(string file, byte[] mutated, int round)
    {
        string path = file.EndsWith(".bin", StringComparison.Ordinal) ? file : Path.GetDirectoryName(file)!;
        try
        {
            using CheckpointModel model = DecoderModel.Open(path);
            Assert.That(ModelTensors.Read(model).All(tensor => tensor.Values.All(float.IsFinite)));
            return true;
        }
        catch (BadInputException e)
        {
            string message = e.Message.Replace(path, "PATH", StringComparison.Ordinal);
            Assert.That(message, Does.EndWith(".").And.Not.Contain("\n").And.Not.Contain(". "), $"round {round}");
            return false;
        }
        catch (Exception e) when (e is not AssertionException)
        {
            Assert.Fail($"round {round}, {Path.GetFileName(file)}: {e}\n{Convert.ToBase64String(mutated.AsSpan(0, Math.Min(mutated.Length, 8000)))}");
            return false;
        }
    }

    /// <summary>The files to mutate, with the length of the part that is worth mutating.</summary>
    private static IEnumerable<(string File, byte[] Sound, int Header)> Targets(TemporaryFolder folder)
    {
        ModelConfig config = SyntheticModels.Config(1, 4, 2, 1, 2, 3, 5);
        SyntheticCheckpoint.Write(SyntheticModels.Random(config, seed: 51), folder["plain"]);
        CheckpointWriter.Write(SyntheticModels.Random(config with { OutputBias = true, RopeScaling = new Llama3Scaling(8, 1, 4, 64) }, seed: 52),
            folder["own"]);
        SyntheticCheckpoint.Write(SyntheticModels.Random(config with { Family = "qwen3", QkNorm = true }, seed: 53), folder["shards"], shardLimit: 200);
        string[] files = ["plain/config.json", "plain/model.safetensors", "own/config.json", "own/model.safetensors", "shards/model.safetensors.index.json",
            "shards/config.json", "llama2c.bin"];
        int[] header = [4, 3, 1, 2, 1, 5, 8];
        File.WriteAllBytes(folder["llama2c.bin"], [.. header.SelectMany(BitConverter.GetBytes), .. new byte[4 * 132]]);
        using (CheckpointModel model = DecoderModel.Open(folder["llama2c.bin"]))
            Assert.That(model.Config.Layers, Has.Count.EqualTo(1));
        foreach (string file in files)
        {
            byte[] sound = File.ReadAllBytes(folder[file]);
            yield return (folder[file], sound, Path.GetExtension(file) switch
            {
                ".safetensors" => 8 + (int)BitConverter.ToUInt64(sound),
                ".bin" => 28,
                _ => sound.Length,
            });
        }
    }

    private static byte[] Mutate(Random random, byte[] bytes, int header, bool prefixed)
    {
        if (header == 0)
            return [.. bytes, (byte)random.Next(256)];
        int at = random.Next(header), span = Math.Min(random.Next(1, 40), bytes.Length - at);
        switch (random.Next(8))
        {
            case 0:
                byte[] flipped = [.. bytes];
                flipped[at] ^= (byte)(1 << random.Next(8));
                return flipped;
            case 1:
                return Fit([.. bytes[..at], .. bytes[(at + span)..]], -span);
            case 2:
                return Fit([.. bytes[..(at + span)], .. bytes[at..]], span);
            case 3:
                return bytes[..at];
            case 4:
                return [.. bytes, .. bytes[..span]];
            default:
                return ReplaceValue();
        }

        // A digit run or a quoted string becomes another value: such files get past the JSON reader.
        byte[] ReplaceValue()
        {
            int start = at;
            while (start < header && !char.IsAsciiDigit((char)bytes[start]) && bytes[start] != '"')
                start++;
            if (start >= header)
                return bytes;
            int end = start + 1;
            bool quoted = bytes[start] == '"';
            while (end < header && (quoted ? bytes[end] != '"' : char.IsAsciiDigit((char)bytes[end])))
                end++;
            if (quoted && end < header)
                end++;
            byte[] word = Encoding.UTF8.GetBytes(Words[random.Next(Words.Length)]);
            return Fit([.. bytes[..start], .. word, .. bytes[end..]], word.Length - (end - start));
        }

        // Mostly keep the length prefix true, or nothing behind it is ever looked at.
        byte[] Fit(byte[] mutated, int growth)
        {
            if (prefixed && at >= 8 && mutated.Length >= 8 && random.Next(8) > 0)
                BitConverter.TryWriteBytes(mutated, BitConverter.ToUInt64(mutated) + (ulong)growth);
            return mutated;
        }
    }
}
