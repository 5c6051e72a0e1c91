using System.Globalization;
using System.Text;

namespace ForgePrune.Tokens.Bpe;

/// <summary>Unicode normalization form C. Written here because .NET returns the text unchanged, without a word,
/// where it runs without ICU (InvariantGlobalization).</summary>
internal static class CanonicalComposition
{
    // Below this nothing composes, decomposes or carries a combining class but what Latin-1 and friends already hold composed.
    private const char FirstCombining = '\u0300';
    private const int HangulBase = 0xAC00, LeadBase = 0x1100, VowelBase = 0x1161, TailBase = 0x11A7;
    private const int Leads = 19, Vowels = 21, Tails = 28;

    private static readonly Lazy<Tables> Data = new(Tables.Read);

    public static string Compose(string text)
    {
        if (!text.AsSpan().ContainsAnyExceptInRange('\0', (char)(FirstCombining - 1)))
            return text;
        var points = new List<int>(text.Length);
        foreach (var rune in text.EnumerateRunes())
            Decompose(rune.Value, points);
        Reorder(points);
        Recompose(points);
        var output = new StringBuilder(text.Length);
        foreach (var point in points)
            output.Append(new Rune(point));
        return output.ToString();
    }

    private static void Decompose(int point, List<int> output)
    {
        var syllable = point - HangulBase;
        if (syllable is >= 0 and < Leads * Vowels * Tails)
        {
            output.Add(LeadBase + syllable / (Vowels * Tails));
            output.Add(VowelBase + syllable % (Vowels * Tails) / Tails);
            if (syllable % Tails > 0)
                output.Add(TailBase + syllable % Tails);
        }
        else if (Data.Value.Decompositions.TryGetValue(point, out var parts))
        {
            Decompose(parts.First, output);
            if (parts.Second >= 0)
                output.Add(parts.Second); // second parts never decompose further
        }
        else
        {
            output.Add(point);
        }
    }

    // Runs of marks in ascending order of class, equal classes left as they stand.
    private static void Reorder(List<int> points)
    {
        for (var i = 1; i < points.Count; i++)
        {
            var (point, rank) = (points[i], Class(points[i]));
            if (rank == 0)
                continue;
            var j = i;
            for (; j > 0 && Class(points[j - 1]) > rank; j--)
                points[j] = points[j - 1];
            points[j] = point;
        }
    }

    // Each mark joins the last starter unless a mark of its own or a higher class, or a starter, stands between.
    private static void Recompose(List<int> points)
    {
        var (write, starter, lastClass) = (0, -1, 0);
        for (var read = 0; read < points.Count; read++)
        {
            var point = points[read];
            var rank = Class(point);
            var adjacent = starter == write - 1;
            if (starter >= 0 && (adjacent || lastClass < rank) && Pair(points[starter], point) is { } composed)
            {
                points[starter] = composed;
                continue;
            }
            if (rank == 0)
                starter = write;
            lastClass = rank;
            points[write++] = point;
        }
        points.RemoveRange(write, points.Count - write);
    }

    private static int? Pair(int first, int second)
    {
        if (first - LeadBase is >= 0 and < Leads && second - VowelBase is >= 0 and < Vowels)
            return HangulBase + ((first - LeadBase) * Vowels + (second - VowelBase)) * Tails;
        if (first - HangulBase is >= 0 and < Leads * Vowels * Tails && (first - HangulBase) % Tails == 0 && second - TailBase is > 0 and < Tails)
            return first + (second - TailBase);
        return Data.Value.Compositions.TryGetValue((first, second), out var composed) ? composed : null;
    }

    private static int Class(int point) => point < FirstCombining ? 0 : Data.Value.Classes.GetValueOrDefault(point);

    private sealed record Tables(Dictionary<int, byte> Classes, Dictionary<int, (int First, int Second)> Decompositions, Dictionary<(int, int),
        int> Compositions)
    {
        public static Tables Read()
        {
            var tables = new Tables([], [], []);
            using var stream = typeof(CanonicalComposition).Assembly.GetManifestResourceStream("ForgePrune.Tokens.Bpe.CanonicalForms.txt")!;
            using var reader = new StreamReader(stream);
            while (reader.ReadLine() is { } line)
            {
                if (line[0] != '#')
                    tables.Add(line);
            }
            return tables;
        }

        private void Add(string line)
        {
            var sign = line.IndexOfAny(['=', '>']);
            var numbers = line[(sign + 1)..].Split(' ');
            if (sign < 0)
            {
                for (var point = Hex(numbers[0]); point <= Hex(numbers[1]); point++)
                    Classes[point] = byte.Parse(numbers[2], CultureInfo.InvariantCulture);
                return;
            }
            var parts = (Hex(numbers[0]), numbers.Length > 1 ? Hex(numbers[1]) : -1);
            Decompositions[Hex(line[..sign])] = parts;
            if (line[sign] == '=')
                Compositions[parts] = Hex(line[..sign]);
        }

        private static int Hex(string text) => int.Parse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
    }
}
