namespace ForgePrune.Checkpoints;

/// <summary>The element types of the safetensors format.</summary>
internal enum TensorType
{
    F32,
    F16,
    BF16,

    /// <summary>Known to the format but not read by ForgePrune.</summary>
    Other,
}

internal static class TensorTypes
{
    /// <summary>Bits per element; the format allows types smaller than a byte.</summary>
    private static readonly Dictionary<string, int> Bits = new()
    {
        ["F4"] = 4,
        ["F6_E2M3"] = 6,
        ["F6_E3M2"] = 6,
        ["BOOL"] = 8,
        ["U8"] = 8,
        ["I8"] = 8,
        ["F8_E5M2"] = 8,
        ["F8_E4M3"] = 8,
        ["F8_E8M0"] = 8,
        ["F8_E4M3FNUZ"] = 8,
        ["F8_E5M2FNUZ"] = 8,
        ["I16"] = 16,
        ["U16"] = 16,
        ["F16"] = 16,
        ["BF16"] = 16,
        ["I32"] = 32,
        ["U32"] = 32,
        ["F32"] = 32,
        ["I64"] = 64,
        ["U64"] = 64,
        ["F64"] = 64,
        ["C64"] = 64,
    };

    /// <summary>0 where the format knows no such type.</summary>
    public static int BitsOf(string name) => Bits.GetValueOrDefault(name);

    public static TensorType Parse(string name) => name switch
    {
        "F32" => TensorType.F32,
        "F16" => TensorType.F16,
        "BF16" => TensorType.BF16,
        _ => TensorType.Other,
    };

    /// <summary>Bytes per element of a type that is read.</summary>
    public static int Bytes(this TensorType type) => type switch
    {
        TensorType.F32 => 4,
        TensorType.F16 or TensorType.BF16 => 2,
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "not a type that is read"),
    };
}
