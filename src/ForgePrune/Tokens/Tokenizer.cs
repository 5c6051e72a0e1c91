using System.Text;
using ForgePrune.Errors;

namespace ForgePrune.Tokens;

/// <summary>Converts text to token ids and back. Immutable, and safe to share between threads.</summary>
public abstract class Tokenizer
{
    /// <summary>The number of ids: one more than the highest id.</summary>
    public abstract int VocabSize { get; }

    /// <summary>The BOS id that the tokenizer names; null for none.</summary>
    public abstract int? BosTokenId { get; }

    /// <summary>The id that the tokenizer adds before every text; null where it adds none, even where it names a <see cref="BosTokenId"/>.</summary>
    public abstract int? BeginTokenId { get; }

    /// <summary>The token of an id as the vocabulary spells it; null where the id has none. Models are often padded with ids that their tokenizer
    /// does not know.</summary>
    public abstract string? Token(int id);

    /// <summary>Whether an id has a token.</summary>
    public bool Has(int id) => Token(id) is not null;

    /// <summary>The ids of a text, without the special tokens that a post-processor would add.
    /// Special tokens written out in the text are recognized. A lone surrogate counts as U+FFFD.</summary>
    /// <exception cref="BadInputException">The vocabulary has no way to write one of the characters.</exception>
    public int[] Encode(string text) => EncodeText(WellFormed(text));

    /// <summary>As <see cref="Encode(string)"/>, with the tokens around it that the post-processor adds (a leading BOS, for example).</summary>
    public int[] Encode(string text, bool addSpecial) => addSpecial ? AddSpecial(Encode(text)) : Encode(text);

    /// <summary>The text of the ids, special tokens written out. Bytes that are not UTF-8 become U+FFFD.</summary>
    /// <exception cref="BadInputException">An id is outside the vocabulary.</exception>
    public abstract string Decode(ReadOnlySpan<int> ids);

    /// <summary>As <see cref="Decode"/>, leaving out the ids that have no text: a padded model may write such.</summary>
    public string DecodeKnown(IEnumerable<int> ids) => Decode([.. ids.Where(Has)]);

    /// <param name="text">Well-formed UTF-16.</param>
    protected abstract int[] EncodeText(string text);

    /// <summary>Adds the tokens that the post-processor puts around a text.</summary>
    protected abstract int[] AddSpecial(int[] ids);

    // Callers of the reference implementations replace what cannot be encoded as UTF-8 in the same way.
    private static string WellFormed(string text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            if (!char.IsSurrogate(text[i]))
                continue;
            if (i + 1 < text.Length && char.IsSurrogatePair(text[i], text[i + 1]))
                i++;
            else
                return Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text));
        }
        return text;
    }
}
