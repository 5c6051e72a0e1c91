using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;

namespace ForgePrune.Methods.Tests.SelfPruner;

/// <summary>A real HTTP server of this process on the loopback address, answering as a test says.</summary>
internal sealed class ChatServer : IDisposable
{
    private readonly TcpListener listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource closing = new();
    private readonly Func<int, ChatAnswer> answer;
    private readonly Task serving;

    /// <param name="answer">What the n-th request gets, from 0.</param>
    public ChatServer(Func<int, ChatAnswer> answer)
    {
        this.answer = answer;
        listener.Start();
        Address = new Uri($"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}/v1");
        serving = Serve();
    }

    public Uri Address { get; }

    /// <summary>Head and body of every request so far.</summary>
    public ConcurrentQueue<(string Head, string Body)> Requests { get; } = new();

    public void Dispose()
    {
        closing.Cancel();
        listener.Stop();
        serving.GetAwaiter().GetResult();
        closing.Dispose();
    }

    private async Task Serve()
    {
        while (!closing.IsCancellationRequested)
        {
            try
            {
                using var client = await listener.AcceptTcpClientAsync(closing.Token);
                await Respond(client.GetStream());
            }
            catch (Exception fault) when (fault is OperationCanceledException or IOException or SocketException)
            {
                // The client gave up, or the test is over.
            }
        }
    }

    private async Task Respond(NetworkStream stream)
    {
        var (head, body) = await Read(stream);
        Requests.Enqueue((head, body));
        var (status, text, header, delay) = answer(Requests.Count - 1);
        await Task.Delay(delay, closing.Token);
        var bytes = Encoding.UTF8.GetBytes(text);
        await stream.WriteAsync(
            Encoding.ASCII.GetBytes(
                $"HTTP/1.1 {status} Made\r\nContent-Type: application/json\r\n{header}Content-Length: {bytes.Length}\r\nConnection: close\r\n\r\n"),
                    closing.Token);
        await stream.WriteAsync(bytes, closing.Token);
    }

    private async Task<(string Head, string Body)> Read(NetworkStream stream)
    {
        var (received, buffer) = (new List<byte>(), new byte[4096]);
        while (true)
        {
            var count = await stream.ReadAsync(buffer, closing.Token);
            if (count == 0)
                throw new IOException("the client hung up");
            received.AddRange(buffer.AsSpan(0, count));
            var text = Encoding.UTF8.GetString([.. received]);
            var end = text.IndexOf("\r\n\r\n", StringComparison.Ordinal);
            if (end < 0)
                continue;
            var length = int.Parse(text[..end].Split("\r\n").Single(line => line.StartsWith("Content-Length:", StringComparison.OrdinalIgnoreCase))
                .Split(':')[1], System.Globalization.CultureInfo.InvariantCulture);
            if (Encoding.UTF8.GetByteCount(text[(end + 4)..]) >= length)
                return (text[..end], text[(end + 4)..]);
        }
    }
}

/// <param name="Header">Further header lines, each ended.</param>
internal readonly record struct ChatAnswer(int Status, string Text, string Header = "", TimeSpan Delay = default)
{
    /// <summary>A well-formed completion that says <paramref name="content"/>.</summary>
    public static ChatAnswer Says(string? content) => new(200, new JsonObject
    {
        ["choices"] = new JsonArray(new JsonObject { ["message"] = new JsonObject { ["role"] = "assistant", ["content"] = content } }),
    }.ToJsonString());
}
