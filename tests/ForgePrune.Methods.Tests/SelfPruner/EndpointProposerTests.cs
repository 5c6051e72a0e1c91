using System.Diagnostics;
using System.Text.Json.Nodes;
using ForgePrune.Methods.SelfPruner;

namespace ForgePrune.Methods.Tests.SelfPruner;

public sealed class EndpointProposerTests
{
    private static readonly ProposalRequest Question = new(
        ProposalKind.Crossover, 1, 2, 3, 0.5, [new([0.4, 0.5, 0.6], 0.123), new([0.5, 0.5, 0.5], 0.456)], Seed: 7);

    private static readonly ChatPatience Hasty = new(TimeSpan.FromSeconds(5), 2, TimeSpan.FromMilliseconds(1), TimeSpan.FromMilliseconds(20));

    [Test]
    public void A_good_answer_gives_its_lists_and_the_question_holds_what_it_must()
    {
        using var server = new ChatServer(_ => ChatAnswer.Says("[40, 50, 60]\n[50, 50, 50]"));
        var answer = Ask(server.Address, Hasty, key: "secret");
        Assert.That(answer.Rates, Is.EqualTo(new double[][] { [0.4, 0.5, 0.6], [0.5, 0.5, 0.5] }));
        Assert.That((answer.Malformed, answer.Failed, answer.Retries, answer.Fault), Is.EqualTo((0, false, 0, (string?)null)));

        var (head, body) = server.Requests.Single();
        Assert.That(head, Does.StartWith("POST /v1/chat/completions ").And.Contain("Authorization: Bearer secret"));
        var json = JsonNode.Parse(body)!;
        Assert.That((string?)json["model"], Is.EqualTo("made"));
        Assert.That(json["messages"]!.AsArray().Select(message => (string?)message!["role"]), Is.EqualTo(new[] { "system", "user" }));
        Assert.That((string?)json["messages"]![1]!["content"], Does.Contain("3 decoder layers").And.Contain("[40, 50, 60]").And.Contain("0.456").And
            .Contain("exactly 2 lines"));
    }

    [Test]
    public void Without_a_key_none_is_sent()
    {
        using var server = new ChatServer(_ => ChatAnswer.Says("[1, 2, 3]"));
        Ask(server.Address, Hasty);
        Assert.That(server.Requests.Single().Head, Does.Not.Contain("Authorization"));
    }

    [Test]
    public void A_full_address_with_a_query_is_taken_as_it_is()
    {
        using var server = new ChatServer(_ => ChatAnswer.Says("[1, 2, 3]"));
        Ask(new Uri(server.Address.AbsoluteUri + "/chat/completions?version=2"), Hasty);
        Ask(new Uri(server.Address.AbsoluteUri + "/?version=3"), Hasty);
        Assert.That(server.Requests.Select(request => request.Head.Split(' ')[1]),
            Is.EqualTo(new[] { "/v1/chat/completions?version=2", "/v1/chat/completions?version=3" }));
    }

    [TestCase("I would rather not.", 1, 0)]
    [TestCase("[40, 50]\n[40, 50, 600]\n[1, 2, 3]", 2, 1)]
    [TestCase(null, 0, 0)]
    public void What_is_no_list_is_counted_and_not_asked_again(string? content, int malformed, int usable)
    {
        using var server = new ChatServer(_ => ChatAnswer.Says(content));
        var answer = Ask(server.Address, Hasty);
        Assert.That((answer.Malformed, answer.Rates.Count, answer.Failed, answer.Retries), Is.EqualTo((malformed, usable, false, 0)));
        Assert.That(answer.Fault, Is.Not.Null);
        Assert.That(server.Requests, Has.Count.EqualTo(1));
    }

    [TestCase("no json"), TestCase("{}"), TestCase("""{"choices":[]}"""), TestCase("""{"choices":[{"message":{"content":[1,2]}}]}"""), TestCase("[1]"), TestCase("")]
    public void An_answer_of_another_form_is_empty(string text)
    {
        using var server = new ChatServer(_ => new(200, text));
        var answer = Ask(server.Address, Hasty);
        Assert.That((answer.Rates.Count, answer.Failed), Is.EqualTo((0, false)));
        Assert.That(answer.Fault, Does.Contain("empty"));
    }

    [TestCase(429), TestCase(500), TestCase(503)]
    public void What_may_pass_is_tried_again(int status)
    {
        using var server = new ChatServer(request => request < 2 ? new(status, "{}", "Retry-After: 0\r\n") : ChatAnswer.Says("[1, 2, 3]\n[4, 5, 6]"));
        var answer = Ask(server.Address, Hasty);
        Assert.That((answer.Rates.Count, answer.Failed, answer.Retries), Is.EqualTo((2, false, 2)));
    }

    [TestCase(429, 3), TestCase(500, 3), TestCase(401, 1), TestCase(404, 1), TestCase(302, 1)]
    public void What_does_not_pass_ends(int status, int requests)
    {
        using var server = new ChatServer(_ => new(status, "{}", "Location: http://127.0.0.1:9/\r\nRetry-After: 3600\r\n"));
        var clock = Stopwatch.StartNew();
        var answer = Ask(server.Address, Hasty, key: "secret");
        Assert.That((answer.Rates.Count, answer.Failed, answer.Retries), Is.EqualTo((0, true, requests - 1)));
        Assert.That(answer.Fault, Does.Contain($"status {status}").And.Not.Contain("secret"));
        Assert.That(server.Requests, Has.Count.EqualTo(requests));
        Assert.That(clock.Elapsed, Is.LessThan(TimeSpan.FromMinutes(1)), "an hour that the server wishes for is not waited");
    }

    [Test]
    public void A_slow_server_is_not_waited_for()
    {
        using var server = new ChatServer(_ => ChatAnswer.Says("[1, 2, 3]") with { Delay = TimeSpan.FromMinutes(5) });
        var answer = Ask(server.Address, Hasty with { Timeout = TimeSpan.FromMilliseconds(200), Retries = 1 });
        Assert.That((answer.Failed, answer.Retries), Is.EqualTo((true, 1)));
        Assert.That(answer.Fault, Does.Contain("within 0.2 s"));
    }

    [Test]
    public void A_server_that_is_not_there_is_a_failure()
    {
        Uri address;
        using (var server = new ChatServer(_ => default))
            address = server.Address;
        var answer = Ask(address, Hasty);
        Assert.That((answer.Failed, answer.Retries), Is.EqualTo((true, 2)));
        Assert.That(answer.Fault, Does.Contain("refused").IgnoreCase);
    }

    [Test]
    public void An_endless_answer_is_cut_off_once()
    {
        using var server = new ChatServer(_ => new(200, new string(' ', 3 << 20)));
        var answer = Ask(server.Address, Hasty);
        Assert.That((answer.Failed, answer.Retries), Is.EqualTo((true, 0)));
    }

    [Test]
    public void Stopping_ends_the_wait()
    {
        using var server = new ChatServer(_ => ChatAnswer.Says("[1, 2, 3]") with { Delay = TimeSpan.FromMinutes(5) });
        using var stop = new CancellationTokenSource(TimeSpan.FromMilliseconds(200));
        using var proposer = new EndpointProposer(new ChatEndpoint(server.Address, "made", null, ChatPatience.Usual));
        Assert.That(() => proposer.Propose(Question, stop.Token), Throws.InstanceOf<OperationCanceledException>());
    }

    private static ProposalAnswer Ask(Uri address, ChatPatience patience, string? key = null)
    {
        using var proposer = new EndpointProposer(new ChatEndpoint(address, "made", key, patience));
        return proposer.Propose(Question, default);
    }
}
