using System.Text;

namespace ForgePrune.Tokens.Bpe;

/// <summary>Cuts the normalized text into pieces; no merge crosses a cut.</summary>
internal abstract class PreTokenizer
{
    private const string Supported = "supported are ByteLevel, Split, Digits, Metaspace and Sequence";

    // GPT-2's own pattern, built into ByteLevel.
    private const string Gpt2Pattern = @"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+";

    /// <summary>Appends the pieces of one piece to <paramref name="output"/>.</summary>
    public abstract void Apply(Piece piece, List<Piece> output);

    /// <param name="part">The file's "pre_tokenizer", null where it has none.</param>
    public static PreTokenizer Read(JsonPart? part) => part is { } given ? ReadOne(given) : new InOrder([]);

    private static PreTokenizer ReadOne(JsonPart part) => part.Type() switch
    {
        "ByteLevel" => new ByteLevel(part.Get("add_prefix_space").Flag(), part.Flag("use_regex", true)),
        "Split" => new Cut(Pattern.Read(part.Get("pattern")), Behavior(part.Get("behavior")), part.Flag("invert", false)),
        "Digits" => new Cut(Pattern.Expression(@"\p{N}"), part.Flag("individual_digits", false) ? SplitBehavior.Isolated : SplitBehavior.Contiguous, false),
        "Metaspace" => Metaspace.Read(part),
        "Sequence" => new InOrder(part.Get("pretokenizers").Items().ConvertAll(ReadOne)),
        var type => throw TokenizerErrors.Unsupported(part, $"the pre-tokenizer {type}", Supported),
    };

    private static SplitBehavior Behavior(JsonPart part) =>
        !int.TryParse(part.Text(), out _) && Enum.TryParse<SplitBehavior>(part.Text(), out var behavior)
            ? behavior
            : throw TokenizerErrors.Wrong(part, string.Join(" or ", Enum.GetNames<SplitBehavior>()));

    protected static void Emit(Piece piece, List<(int Start, int End)> ranges, Func<string, string>? write, List<Piece> output)
    {
        foreach (var (start, end) in ranges)
        {
            var text = end - start == piece.Text.Length ? piece.Text : piece.Text[start..end];
            output.Add(new Piece(write is null ? text : write(text), piece.AtStart && start == 0));
        }
    }

    private sealed class InOrder(List<PreTokenizer> steps) : PreTokenizer
    {
        public override void Apply(Piece piece, List<Piece> output)
        {
            List<Piece> pieces = [piece];
            foreach (var step in steps)
            {
                var finer = new List<Piece>(pieces.Count);
                foreach (var coarse in pieces)
                    step.Apply(coarse, finer);
                pieces = finer;
            }
            output.AddRange(pieces);
        }
    }

    private sealed class Cut(Pattern pattern, SplitBehavior behavior, bool invert) : PreTokenizer
    {
        public override void Apply(Piece piece, List<Piece> output) =>
            Emit(piece, Splitter.Split(pattern.Matches(piece.Text), piece.Text.Length, behavior, invert), null, output);
    }

    private sealed class ByteLevel(bool addPrefixSpace, bool useRegex) : PreTokenizer
    {
        private static readonly Pattern Words = Pattern.Expression(Gpt2Pattern);

        public override void Apply(Piece piece, List<Piece> output)
        {
            if (addPrefixSpace && !piece.Text.StartsWith(' '))
                piece = piece with { Text = " " + piece.Text };
            var ranges = useRegex
                ? Splitter.Split(Words.Matches(piece.Text), piece.Text.Length, SplitBehavior.Isolated, false)
                : [(0, piece.Text.Length)];
            Emit(piece, ranges, text => ByteAlphabet.Write(Encoding.UTF8.GetBytes(text)), output);
        }
    }
}
