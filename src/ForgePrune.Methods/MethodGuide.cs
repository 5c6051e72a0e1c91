namespace ForgePrune.Methods;

/// <summary>What a user is told about a method, kept beside its code: what was published, what is done here, where the two differ and why.
/// Texts are paragraphs: their line breaks mean nothing, and whoever shows them wraps them anew.</summary>
public sealed record MethodGuide
{
    /// <summary>Name of the page: the method's, the first of those that share the page, or the study's.</summary>
    public required string Name { get; init; }

    /// <summary>The methods that the page describes, as <c>--method</c> spells them; none for a study.</summary>
    public required IReadOnlyList<string> Methods { get; init; }

    /// <summary>The method's own paper first; none for what has no single source.</summary>
    public required IReadOnlyList<Paper> Papers { get; init; }

    /// <summary>What the authors do, and how much of their work could be read.</summary>
    public required string Published { get; init; }

    /// <summary>What is done here.</summary>
    public required string Here { get; init; }

    /// <summary>Each a difference from what was published, with its reason.</summary>
    public IReadOnlyList<string> Differences { get; init; } = [];

    /// <summary>Options that no other method takes.</summary>
    public IReadOnlyList<MethodOption> Options { get; init; } = [];

    /// <summary>A command line to copy; further elements continue it.</summary>
    public required IReadOnlyList<string> Example { get; init; }

    /// <summary>The methods of this page that take <paramref name="option"/>.</summary>
    public IReadOnlyList<string> Taking(MethodOption option) => option.Only is { } only ? [only] : Methods;
}

/// <param name="Authors">The names of all authors, in the order of the paper.</param>
/// <param name="Year">Of the first version.</param>
/// <param name="ArXiv">Number without "arXiv:".</param>
public sealed record Paper(string Authors, string Title, int Year, string ArXiv)
{
    /// <summary>First author and year, as papers cite each other.</summary>
    public string Short
    {
        get
        {
            var names = Authors.Split(", ");
            var first = names[0].Split(' ')[^1];
            return names.Length switch
            {
                1 => $"{first} {Year}",
                2 => $"{first} and {names[1].Split(' ')[^1]} {Year}",
                _ => $"{first} et al. {Year}",
            };
        }
    }
}

/// <summary>An option of the command line that belongs to a method.</summary>
/// <param name="Name">With its hyphens.</param>
/// <param name="Value">Stands for the value in help.</param>
/// <param name="Default">What holds where the option is not given; null where nothing does.</param>
/// <param name="Only">The one method of the page that takes it; null where all of them do.</param>
public sealed record MethodOption(string Name, string Value, string? Default, string Help, string? Only = null);
