using ForgePrune.Gguf.Container;
using ForgePrune.Kernels;

namespace ForgePrune.Gguf;

/// <summary>How the matrices of a GGUF file are stored. Norms and biases are float32 in all of them.</summary>
public enum GgufType
{
    /// <summary>Float32.</summary>
    F32,

    /// <summary>Float16.</summary>
    F16,

    /// <summary>Q8_0: eight bits, and a float16 scale for every 32 inputs.</summary>
    Q8,

    /// <summary>Q4_0: four bits, and a float16 scale for every 32 inputs; embedding and head are Q8_0.</summary>
    Q4,
}

/// <summary>The names of the types, and what each means for a tensor.</summary>
internal static class GgufTypes
{
    public const string Names = "f32, f16, q8_0 or q4_0";

    /// <exception cref="Errors.BadInputException">The text names no type.</exception>
    public static GgufType Parse(string text) => text switch
    {
        "f32" => GgufType.F32,
        "f16" => GgufType.F16,
        "q8_0" => GgufType.Q8,
        "q4_0" => GgufType.Q4,
        _ => throw GgufErrors.UnknownType(text),
    };

    public static string Name(GgufType type) => type switch
    {
        GgufType.F32 => "f32",
        GgufType.F16 => "f16",
        GgufType.Q8 => "q8_0",
        _ => "q4_0",
    };

    /// <summary>The type as the key general.file_type numbers it.</summary>
    public static int FileType(GgufType type) => type switch
    {
        GgufType.F32 => 0,
        GgufType.F16 => 1,
        GgufType.Q8 => 7,
        _ => 2,
    };

    /// <summary>The codes of projections; null where there are none.</summary>
    public static QuantizationFormat? Codes(GgufType type) =>
        Projection(type).CodeBits() is > 0 and var bits ? new QuantizationFormat(bits, GgmlTypes.Block, symmetric: true) : null;

    /// <summary>The bits of a weight, without scales.</summary>
    public static int Bits(GgufType type) => type switch
    {
        GgufType.F32 => 32,
        GgufType.F16 => 16,
        _ => Projection(type).CodeBits(),
    };

    public static GgmlType Projection(GgufType type) => type switch
    {
        GgufType.F32 => GgmlType.F32,
        GgufType.F16 => GgmlType.F16,
        GgufType.Q8 => GgmlType.Q8,
        _ => GgmlType.Q4,
    };

    /// <summary>Of embedding and head: tokens differ by small logits, and no later layer can compensate errors of the head.</summary>
    public static GgmlType Vocabulary(GgufType type) => type == GgufType.Q4 ? GgmlType.Q8 : Projection(type);
}
