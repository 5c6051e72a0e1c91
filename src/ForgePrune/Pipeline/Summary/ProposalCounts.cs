namespace ForgePrune.Pipeline.Summary;

/// <summary>What came of the questions to a proposer.</summary>
/// <param name="Proposer">Its name.</param>
/// <param name="Asked">Lists asked for.</param>
/// <param name="Usable">Valid lists that it gave.</param>
/// <param name="Malformed">Lines that were no valid list.</param>
/// <param name="FailedRequests">Requests that brought no answer.</param>
/// <param name="Retries">Requests that were sent again.</param>
/// <param name="FromEvolution">Lists that plain evolution proposed in the place of missing ones.</param>
/// <param name="Repaired">Lists that missed the budget and were moved to it.</param>
/// <param name="Duplicates">Lists that led to a plan measured before.</param>
/// <param name="Measured">Plans measured.</param>
public sealed record ProposalCounts(
    string Proposer, int Asked = 0, int Usable = 0, int Malformed = 0, int FailedRequests = 0, int Retries = 0, int FromEvolution = 0,
    int Repaired = 0, int Duplicates = 0, int Measured = 0)
{
    /// <summary>One sentence for people.</summary>
    public override string ToString() =>
        $"{Proposer}: {Usable} of {Asked} lists usable, {Malformed} malformed, {FailedRequests} requests without answer, {Retries} sent again; "
        + $"{FromEvolution} lists from plain evolution instead; {Repaired} moved to the budget, {Duplicates} met again, {Measured} plans measured";
}
