using ForgePrune.Errors;
using ForgePrune.Model;
using ForgePrune.Onnx.Sessions;
using ForgePrune.Tokens;

namespace ForgePrune.Onnx.Generation;

/// <summary>Calibration text drawn from the dense model itself, at temperature 1: for those whose data may not leave the house.</summary>
public static class SelfCalibration
{
    /// <summary>Windows decoded together. At 32 rows the matrix products leave the memory-bound regime, and the caches stay small.</summary>
    private const int Batch = 32;

    /// <summary>Draws windows that begin a document. After an end token a new document begins in the same window, as in packed training text.</summary>
    /// <param name="dense">The export of the model that <paramref name="config"/> describes.</param>
    /// <param name="seed">Window i draws from a stream of its own made of seed and i.</param>
    /// <param name="progress">Told the share that is done, 0 to 1.</param>
    /// <exception cref="BadInputException">The model names neither a begin nor an end token, so nothing begins a text.</exception>
    public static TokenWindows Sample(OnnxDecoder dense, ModelConfig config, int windows, int length, int seed, IProgress<double>? progress = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(windows, 1);
        var begin = config.BosTokenId ?? config.EosTokenIds.Select(id => (int?)id).FirstOrDefault() ?? throw new BadInputException(
            "the model cannot write its own calibration text because its config names neither bos_token_id nor eos_token_id; give a text with --calibration FILE");
        var ids = new int[checked(windows * length)];
        for (var start = 0; start < windows; start += Batch)
        {
            var count = Math.Min(Batch, windows - start);
            var samplers = Enumerable.Range(start, count).Select(window => new TokenSampler(1, 1, unchecked((seed * 1_000_003) + window))).ToArray();
            using var state = dense.NewState(count, length);
            var row = new int[count];
            Array.Fill(row, begin);
            for (var position = 0; position < length; position++)
            {
                for (var window = 0; window < count; window++)
                    ids[((start + window) * length) + position] = row[window];
                if (position < length - 1)
                    Next(state.Append(row), row, samplers, begin, config.EosTokenIds);
                progress?.Report((start + (count * (position + 1.0) / length)) / windows);
            }
        }
        return new TokenWindows(length, ids);
    }

    private static void Next(ReadOnlySpan<float> logits, int[] row, TokenSampler[] samplers, int begin, IReadOnlyList<int> ends)
    {
        var vocab = logits.Length / row.Length;
        for (var window = 0; window < row.Length; window++)
        {
            row[window] = row[window] != begin && ends.Contains(row[window]) ? begin : samplers[window].Draw(logits.Slice(window * vocab, vocab));
        }
    }
}
