namespace ForgePrune.Onnx.Export;

/// <summary>How the graph is laid out.</summary>
internal sealed record ExportLayout
{
    /// <summary>One product for q, k and v.</summary>
    public bool PackQkv { get; init; } = true;

    /// <summary>One product for gate and up, split afterwards.</summary>
    public bool PackGateUp { get; init; }

    /// <summary>Store a tied head a second time, transposed.</summary>
    public bool CopyTiedHead { get; init; }

    /// <summary>Logits of the last position only: for timing layers apart from the head.</summary>
    public bool LastLogitsOnly { get; init; }
}
