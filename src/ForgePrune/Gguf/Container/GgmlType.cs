namespace ForgePrune.Gguf.Container;

/// <summary>How the values of a tensor are stored. The numbers are those of the file format.</summary>
internal enum GgmlType : uint
{
    F32 = 0,
    F16 = 1,

    /// <summary>Q4_0: blocks of 32 codes of four bits around 8, and a float16 scale.</summary>
    Q4 = 2,

    /// <summary>Q8_0: blocks of 32 signed bytes, and a float16 scale.</summary>
    Q8 = 8,
}

internal static class GgmlTypes
{
    /// <summary>The values that share a scale; rows of codes are whole blocks.</summary>
    public const int Block = 32;

    private const int ScaleBytes = 2;

    /// <summary>The bits of a code; 0 where values are stored as they are.</summary>
    public static int CodeBits(this GgmlType type) => type switch
    {
        GgmlType.Q4 => 4,
        GgmlType.Q8 => 8,
        _ => 0,
    };

    /// <summary>The bytes of a row of <paramref name="cols"/> values.</summary>
    public static long RowBytes(this GgmlType type, int cols) => type switch
    {
        GgmlType.F32 => sizeof(float) * (long)cols,
        GgmlType.F16 => 2L * cols,
        _ when cols % Block != 0 => throw new ArgumentException($"a row of {cols} values is no whole blocks of {Block}", nameof(cols)),
        _ => cols / Block * BlockBytes(type),
    };

    /// <summary>The bytes of a block of codes with its scale.</summary>
    public static int BlockBytes(this GgmlType type) => ScaleBytes + (Block * type.CodeBits() / 8);
}
