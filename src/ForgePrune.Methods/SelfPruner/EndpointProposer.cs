namespace ForgePrune.Methods.SelfPruner;

/// <summary>A chat model behind an address that the user names. It chooses parents and makes children itself, all lists in one answer.</summary>
internal sealed class EndpointProposer(ChatEndpoint endpoint) : IProposer, IDisposable
{
    /// <summary>Holds the key, where the server wants one. Never read from the command line, never written anywhere.</summary>
    public const string KeyVariable = "FORGEPRUNE_PROPOSER_KEY";

    // Lists should differ from each other.
    private const double Temperature = 0.8;

    public string Name => "endpoint";

    public ProposalAnswer Propose(ProposalRequest request, CancellationToken stop)
    {
        // Servers take seeds as signed numbers, some of 32 bits.
        var reply = endpoint.Ask(RatePrompt.System, RatePrompt.Chat(request), Temperature, (long)(request.Seed >> 33), stop);
        return reply.Text is null
            ? new([], Failed: true, Retries: reply.Retries, Fault: reply.Fault)
            : RateAnswer.Read(reply.Text, request.Layers, request.Count) with { Retries = reply.Retries };
    }

    public void Dispose() => endpoint.Dispose();
}
