using ForgePrune.Latency;
using System.Diagnostics;
using ForgePrune.Serving;

namespace ForgePrune.Timing;

/// <summary>One model, made ready to be timed in one phase.</summary>
public sealed class ModelTimer : IDisposable
{
    /// <summary>Seconds; a cache of tens of megabytes is filled in some milliseconds.</summary>
    internal const double LongCall = 1;

    private readonly IDecoderState state;
    private readonly int[] tokens;
    private readonly int start;
    private readonly int timedCalls;
    private double lastCall;
    private readonly Action? beforeCall;

    /// <param name="decoder">Stays the caller's.</param>
    /// <param name="beforeCall">Done before every call, outside its time.</param>
    public ModelTimer(IServedDecoder decoder, Phase phase, TimingSettings settings, Action? beforeCall = null)
    {
        this.beforeCall = beforeCall;
        start = phase == Phase.Prefill ? 0 : settings.Context;
        var count = phase == Phase.Prefill ? settings.Prompt : 1;
        // A decode step is short: several make up one turn.
        timedCalls = phase == Phase.Prefill ? 1 : 4;
        state = decoder.NewState(settings.Batch, start + count);
        tokens = new int[settings.Batch * count];
        var vocab = decoder.VocabSize;
        Fill(tokens, vocab);
        if (start > 0)
        {
            var context = new int[settings.Batch * start];
            Fill(context, vocab);
            state.Advance(context);
        }
    }

    /// <summary>Seconds of one call: the median of a turn of calls, all at the same cache length.</summary>
    /// <remarks>The first call of a turn is not timed. It brings this model's weights back into the processor's cache and wakes the
    /// threads, which another model's turn took: in use a model runs alone. Where calls take more than <see cref="LongCall"/> seconds, that costs
    /// less than a part in a hundred of one, and all are timed.</remarks>
    public double Turn()
    {
        if (lastCall <= LongCall)
            Call();
        if (timedCalls == 1)
            return Call();
        Span<double> seconds = stackalloc double[timedCalls];
        for (var i = 0; i < seconds.Length; i++)
            seconds[i] = Call();
        return Samples.Median(seconds);
    }

    /// <summary>Frees the KV cache; the decoder stays with the caller.</summary>
    public void Dispose() => state.Dispose();

    private double Call()
    {
        state.Rewind(start);
        beforeCall?.Invoke();
        var begin = Stopwatch.GetTimestamp();
        state.Advance(tokens);
        return lastCall = Stopwatch.GetElapsedTime(begin).TotalSeconds;
    }

    /// <summary>Some ids; which ones makes no difference to the time.</summary>
    private static void Fill(Span<int> ids, int vocab)
    {
        for (var i = 0; i < ids.Length; i++)
            ids[i] = (int)((i * 7919L) % vocab);
    }
}
