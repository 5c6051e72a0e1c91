using ForgePrune.Errors;
using ForgePrune.IO;
using ForgePrune.Model;
using ForgePrune.Serving;
using ForgePrune.Tokens;

namespace ForgePrune.Generation;

/// <summary>Calibration text drawn from the dense model itself, at temperature 1: for those whose data may not leave the house.</summary>
public static class SelfCalibration
{
    /// <summary>Changes when the same model and seed give another text.</summary>
    public static StageFormat Format { get; } = new("self calibration", 1);

    /// <summary>Windows decoded together. At 32 rows the matrix products leave the memory-bound regime, and the caches stay small.</summary>
    private const int Batch = 32;

    /// <summary>Draws windows that begin a document. After an end token a new document begins in the same window, as in packed training text.</summary>
    /// <param name="dense">The export of the model that <paramref name="config"/> describes.</param>
    /// <param name="seed">Window i draws from a stream of its own made of seed and i.</param>
    /// <param name="progress">Told the share that is done, 0 to 1.</param>
    /// <exception cref="BadInputException">The model names neither a begin nor an end token, so nothing begins a text.</exception>
    public static TokenWindows Sample(IServedDecoder dense, ModelConfig config, int windows, int length, int seed, IProgress<double>? progress = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(windows, 1);
        var begin = Begin(config) ?? throw new BadInputException(
            "the model cannot write its own calibration text because its config names neither bos_token_id nor eos_token_id; give a text with `Calibration`");
        return Draw(dense, config, windows, length, seed, _ => [begin], progress);
    }

    /// <summary>Begins each window as one of <paramref name="texts"/> does, in turn, and lets the model go on from there: text close to the
    /// given one where that is short.</summary>
    /// <param name="kept">Tokens taken over, 1 to the length of a window.</param>
    /// <inheritdoc cref="Sample"/>
    public static TokenWindows Continue(
        IServedDecoder dense, ModelConfig config, TokenWindows texts, int kept, int windows, int seed, IProgress<double>? progress = null)
    {
        ArgumentOutOfRangeException.ThrowIfZero(texts.Count);
        ArgumentOutOfRangeException.ThrowIfLessThan(kept, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(kept, texts.Length);
        return Draw(dense, config, windows, texts.Length, seed, window => texts.Window(window % texts.Count)[..kept].ToArray(), progress);
    }

    private static TokenWindows Draw(
        IServedDecoder dense, ModelConfig config, int windows, int length, int seed, Func<int, int[]> opening, IProgress<double>? progress)
    {
        var ids = new int[checked(windows * length)];
        for (var start = 0; start < windows; start += Batch)
        {
            var count = Math.Min(Batch, windows - start);
            var samplers = Enumerable.Range(start, count).Select(window => new TokenSampler(1, 1, unchecked((seed * 1_000_003) + window))).ToArray();
            var openings = Enumerable.Range(start, count).Select(opening).ToArray();
            using var state = dense.NewState(count, length);
            var row = openings.Select(ids => ids[0]).ToArray();
            for (var position = 0; position < length; position++)
            {
                for (var window = 0; window < count; window++)
                    ids[((start + window) * length) + position] = row[window];
                if (position < length - 1)
                    Next(state.Append(row), row, samplers, openings, position + 1, config);
                progress?.Report((start + (count * (position + 1.0) / length)) / windows);
            }
        }
        return new TokenWindows(length, ids);
    }

    private static void Next(ReadOnlySpan<float> logits, int[] row, TokenSampler[] samplers, int[][] openings, int position, ModelConfig config)
    {
        var vocab = logits.Length / row.Length;
        for (var window = 0; window < row.Length; window++)
        {
            row[window] = position < openings[window].Length ? openings[window][position]
                : Begin(config) is { } begin && row[window] != begin && config.EosTokenIds.Contains(row[window]) ? begin
                : samplers[window].Draw(logits.Slice(window * vocab, vocab));
        }
    }

    /// <summary>What a document begins with.</summary>
    private static int? Begin(ModelConfig config) => config.BosTokenId ?? config.EosTokenIds.Select(id => (int?)id).FirstOrDefault();
}
