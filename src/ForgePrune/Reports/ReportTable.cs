namespace ForgePrune.Reports;

/// <param name="Caption">The caption.</param>
/// <param name="Columns">The first one names the rows; the others hold figures.</param>
internal sealed record ReportTable(string Caption, IReadOnlyList<string> Columns, IReadOnlyList<IReadOnlyList<Cell>> Rows);

/// <param name="Text">The text of the cell.</param>
/// <param name="Bar">Length of a bar behind it, 0 to 1; null for none.</param>
/// <param name="Strong">The row's figure that counts.</param>
internal readonly record struct Cell(string Text, double? Bar = null, bool Strong = false)
{
    public static implicit operator Cell(string text) => new(text);
}
