namespace ForgePrune.Methods.SelfPruner;

/// <summary>Reads the answer of a free-speaking model strictly: lines that are lists count, whatever else it says is malformed.</summary>
internal static class RateAnswer
{
    private const int Shown = 60;

    /// <param name="count">Lists asked for; further ones are left out.</param>
    public static ProposalAnswer Read(string text, int layers, int count)
    {
        var grammar = new RateGrammar(layers);
        var rates = new List<double[]>();
        var (malformed, fault) = (0, (string?)null);
        foreach (var line in text.Split('\n').Select(line => line.Trim()).Where(line => line.Length > 0))
        {
            if (grammar.Read(line) is { } list)
            {
                rates.Add(list);
                continue;
            }

            malformed++;
            fault ??= $"\"{Printable(line)}\" is no list of {layers} whole percentages";
        }

        if (rates.Count == 0 && malformed == 0)
            fault = "the answer is empty";
        else if (rates.Count < count)
            fault ??= $"{rates.Count} lists where {count} were asked for";
        return new([.. rates.Take(count)], malformed, Fault: fault);
    }

    /// <summary>Foreign text, short and without control characters, as a terminal may show it.</summary>
    public static string Printable(string text) =>
        new([.. text.Take(Shown).Select(character => char.IsControl(character) ? '·' : character)]);
}
