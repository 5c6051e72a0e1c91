using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace ForgePrune.Methods.SelfPruner;

/// <summary>A server that speaks the chat form of the OpenAI interface (<c>POST …/chat/completions</c>). Every request has an end: a
/// time-out, a bound on the answer's size, a bound on how often it is sent again.</summary>
internal sealed class ChatEndpoint : IDisposable
{
    private const string Path = "chat/completions";
    private const long MostBytes = 1 << 20;

    private readonly HttpClient client;
    private readonly string model;
    private readonly ChatPatience patience;

    /// <param name="address">Base address such as <c>http://127.0.0.1:8080/v1</c>, or the full one.</param>
    /// <param name="model">The server's name of the model.</param>
    /// <param name="key">Sent as bearer token to this address only; null sends none.</param>
    public ChatEndpoint(Uri address, string model, string? key, ChatPatience patience)
    {
        (this.model, this.patience) = (model, patience);
        Address = address.AbsolutePath.EndsWith(Path, StringComparison.Ordinal)
            ? address
            : new UriBuilder(address) { Path = address.AbsolutePath.TrimEnd('/') + "/" + Path }.Uri;
        // No redirect may take the key elsewhere, and a proxy has no business between two programs of one machine.
        client = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, UseProxy = !address.IsLoopback, ConnectTimeout = patience.Timeout })
        {
            Timeout = System.Threading.Timeout.InfiniteTimeSpan,
            MaxResponseContentBufferSize = MostBytes,
        };
        if (key is not null)
            client.DefaultRequestHeaders.Authorization = new("Bearer", key);
    }

    public Uri Address { get; }

    /// <summary>Asks once, and again where the fault may pass: no connection, too slow, 429, 5xx.</summary>
    public ChatReply Ask(string system, string user, double temperature, long seed, CancellationToken stop)
    {
        var body = new JsonObject
        {
            ["model"] = model,
            ["messages"] = new JsonArray(
                new JsonObject { ["role"] = "system", ["content"] = system }, new JsonObject { ["role"] = "user", ["content"] = user }),
            ["temperature"] = temperature,
            ["seed"] = seed,
        }.ToJsonString();
        for (var retries = 0; ; retries++)
        {
            var (text, fault, wait) = Once(body, stop);
            if (text is not null || wait is null || retries == patience.Retries)
                return new(text, fault, retries);
            var pause = wait.Value > TimeSpan.Zero ? wait.Value : patience.Pause * (1 << retries);
            if (stop.WaitHandle.WaitOne(pause < patience.LongestPause ? pause : patience.LongestPause))
                stop.ThrowIfCancellationRequested();
        }
    }

    public void Dispose() => client.Dispose();

    /// <returns>The text, or the fault; how long to wait before another try (zero: as usual), null where another would do no better.</returns>
    private (string? Text, string? Fault, TimeSpan? Wait) Once(string body, CancellationToken stop)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(stop);
        limit.CancelAfter(patience.Timeout);
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, Address) { Content = new StringContent(body, Encoding.UTF8, "application/json") };
            // Only the asynchronous form reads the body under the token too.
            using var response = client.SendAsync(request, limit.Token).GetAwaiter().GetResult();
            if (response.IsSuccessStatusCode)
                return (Content(response.Content.ReadAsStringAsync(limit.Token).GetAwaiter().GetResult()) ?? "", null, null);
            var passing = response.StatusCode is HttpStatusCode.TooManyRequests or HttpStatusCode.RequestTimeout || (int)response.StatusCode >= 500;
            return (null, $"status {(int)response.StatusCode} from {Address.GetLeftPart(UriPartial.Path)}",
                passing ? response.Headers.RetryAfter?.Delta ?? TimeSpan.Zero : null);
        }
        catch (OperationCanceledException) when (!stop.IsCancellationRequested)
        {
            return (null, FormattableString.Invariant($"no answer within {patience.Timeout.TotalSeconds:0.#} s"), TimeSpan.Zero);
        }
        catch (HttpRequestException fault)
        {
            return (null, RateAnswer.Printable(fault.Message), fault.HttpRequestError == HttpRequestError.ConfigurationLimitExceeded ? null : TimeSpan.Zero);
        }
    }

    /// <summary>The first choice's text; null where the answer has none, as when the model refuses.</summary>
    private static string? Content(string json)
    {
        try
        {
            return JsonNode.Parse(json)?["choices"]?[0]?["message"]?["content"]?.GetValue<string>();
        }
        catch (Exception fault) when (fault is JsonException or InvalidOperationException or ArgumentOutOfRangeException or FormatException)
        {
            return null;
        }
    }
}

/// <param name="Text">The answer, empty where the server gave none in the form expected; null where no answer came.</param>
/// <param name="Fault">Why none came.</param>
internal sealed record ChatReply(string? Text, string? Fault, int Retries);

/// <param name="Timeout">Of one request, its answer read.</param>
/// <param name="Retries">Requests sent again after the first.</param>
/// <param name="Pause">Before the first repetition; it doubles each time. A server's own wish goes before it.</param>
/// <param name="LongestPause">No pause is longer, whoever wishes it.</param>
internal sealed record ChatPatience(TimeSpan Timeout, int Retries, TimeSpan Pause, TimeSpan LongestPause)
{
    public static ChatPatience Usual { get; } = new(TimeSpan.FromSeconds(90), 2, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(20));
}
