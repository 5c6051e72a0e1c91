using System.Globalization;
using System.Text.RegularExpressions;

namespace ForgePrune.Kernels.Gpu.Tests;

/// <summary>Floating-point literals of PTX: 0f and 8, or 0d and 16 digits of their bits.</summary>
internal static partial class PtxLiterals
{
    /// <summary>Those below the smallest normal number, other than zero: no kernel of ours means one, and the bits of a small integer taken for a float are
    /// one.</summary>
    public static IEnumerable<string> Denormal(string text) => Literal().Matches(text).Select(match => match.Value).Where(IsDenormal);

    private static bool IsDenormal(string literal)
    {
        var bits = ulong.Parse(literal.AsSpan(2), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
        return literal.Length == 10 ? float.IsSubnormal(BitConverter.UInt32BitsToSingle((uint)bits))
            : double.IsSubnormal(BitConverter.UInt64BitsToDouble(bits));
    }

    [GeneratedRegex(@"\b0[fF][0-9a-fA-F]{8}\b|\b0[dD][0-9a-fA-F]{16}\b")]
    private static partial Regex Literal();
}
