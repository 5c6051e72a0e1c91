namespace ForgePrune.Perf.Findings;

/// <summary>One way to prune, as words for <c>forgeprune prune</c>.</summary>
internal sealed record Way(string Name, params string[] Options);

/// <summary>What authors say, and the ways to prune whose comparison tests it.</summary>
internal sealed record Claim(string Name, string Says, IReadOnlyList<Way> Ways)
{
    /// <summary>The claims that a comparison of pruned models can test, at equal kept parameters.</summary>
    /// <param name="tokens">Of every training; ways that train twice take half of it each time.</param>
    public static IReadOnlyList<Claim> All(int tokens)
    {
        string whole = $"{tokens}", half = $"{tokens / 2}", most = $"{tokens / 4 * 3}", rest = $"{tokens / 4}";
        return
        [
            new("darwinlm", "Selection that trains its candidates first chooses better ones (DarwinLM).",
            [
                new("trained first", "--method", "darwinlm", "--selection-tokens", "4096"),
                new("not trained", "--method", "darwinlm", "--selection-tokens", "0"),
            ]),
            new("self-pruner", "Rates that a language model proposes beat plain evolution at equally many evaluations (Self-Pruner).",
            [
                new("the model itself", "--method", "self-pruner-obs", "--proposer", "local"),
                new("evolution", "--method", "self-pruner-obs", "--proposer", "evolution"),
                new("ramp", "--method", "self-pruner-obs", "--proposer", "ramp"),
            ]),
            new("dress", "Regularising what leaves before it is cut lessens the damage (DReSS); all train on equally many tokens.",
            [
                new("all after the cut", "--method", "dress", "--regularize-tokens", "0", "--recover", whole),
                new("a quarter before", "--method", "dress", "--regularize-tokens", rest, "--recover", most),
                new("half before", "--method", "dress", "--regularize-tokens", half, "--recover", half),
            ]),
            new("adapt-pruner", "Many small cuts, each followed by training, beat one cut at equal tokens (Adapt-Pruner).",
            [
                new("many cuts", "--method", "adapt-pruner", "--recover", whole),
                new("one cut", "--method", "adapt-pruner", "--recover", whole, "--stages", "1"),
            ]),
            new("all", "The five together, with equally many tokens of training each.",
            [
                Trained("forgeprune"), Trained("darwinlm"), Trained("self-pruner-obs"),
                new("dress", "--method", "dress", "--regularize-tokens", half, "--recover", half),
                Trained("adapt-pruner"),
            ]),
            new("baselines", "Others, with as many.",
            [
                Trained("uniform-obs"), Trained("ziplm"), Trained("arithmetic"), Trained("wanda-sp"), Trained("taylor"), Trained("2ssp"), Trained("shortgpt"),
            ]),
        ];

        Way Trained(string method) => new(method, "--method", method, "--recover", whole);
    }
}
