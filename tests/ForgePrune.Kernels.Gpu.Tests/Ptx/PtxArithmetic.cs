namespace ForgePrune.Kernels.Gpu.Tests.Ptx;

/// <summary>Instructions on registers. A register holds its bits, those of 32 in the lower half.</summary>
internal static class PtxArithmetic
{
    /// <param name="code">As <c>mul wide u32</c>.</param>
    /// <param name="s">Numbers of the result and the operands.</param>
    public static Action<PtxLane> Decode(string[] code, int[] s) => code switch
    {
        ["mov", ..] => lane => lane.R[s[0]] = lane.R[s[1]],
        ["selp", ..] => lane => lane.R[s[0]] = lane.R[s[3]] != 0 ? lane.R[s[1]] : lane.R[s[2]],
        ["setp", var comparison, var type] => Compare(comparison, type, s),
        ["cvt", .., var to, var from] => Convert(to, from, s),
        ["and", ..] => lane => lane.R[s[0]] = lane.R[s[1]] & lane.R[s[2]],
        ["or", ..] => lane => lane.R[s[0]] = lane.R[s[1]] | lane.R[s[2]],
        ["xor", ..] => lane => lane.R[s[0]] = lane.R[s[1]] ^ lane.R[s[2]],
        ["not", "pred"] => lane => lane.R[s[0]] = lane.R[s[1]] ^ 1,
        ["not", "b32"] => lane => lane.R[s[0]] = ~(uint)lane.R[s[1]],
        ["neg", "s32"] => lane => lane.R[s[0]] = (uint)-(int)lane.R[s[1]],
        ["mul", "wide", "u32"] => lane => lane.R[s[0]] = (ulong)(uint)lane.R[s[1]] * (uint)lane.R[s[2]],
        ["mul", "wide", "s32"] => lane => lane.R[s[0]] = (ulong)((long)(int)lane.R[s[1]] * (int)lane.R[s[2]]),
        ["mad", "lo", "u64" or "s64"] => lane => lane.R[s[0]] = lane.R[s[1]] * lane.R[s[2]] + lane.R[s[3]],
        ["mad", "lo", "u32" or "s32"] => lane => lane.R[s[0]] = (uint)lane.R[s[1]] * (uint)lane.R[s[2]] + (uint)lane.R[s[3]],
        ["sqrt", "rn", "f32"] => lane => lane.R[s[0]] = Bits(MathF.Sqrt(F32(lane, s[1]))),
        [var name, .., "s32" or "b32"] => Signed(name, s),
        [var name, .., "u32"] => Unsigned(name, s),
        [var name, .., "s64" or "u64" or "b64"] => Long(name, s, isSigned: code[^1] == "s64"),
        [var name, .., "f32"] => Single(name, s),
        [var name, .., "f64"] => Double(name, s),
        _ => throw Unknown(string.Join('.', code)),
    };

    private static Action<PtxLane> Signed(string name, int[] s)
    {
        Func<int, int, int> f = name switch
        {
            "add" => (x, y) => x + y,
            "sub" => (x, y) => x - y,
            "mul" => (x, y) => x * y,
            "div" => (x, y) => x / y,
            "rem" => (x, y) => x % y,
            "min" => Math.Min,
            "max" => Math.Max,
            "shl" => (x, y) => (uint)y > 31 ? 0 : x << y,
            "shr" => (x, y) => x >> Math.Min(y, 31),
            _ => throw Unknown(name + ".s32"),
        };
        return lane => lane.R[s[0]] = (uint)f((int)lane.R[s[1]], (int)lane.R[s[2]]);
    }

    private static Action<PtxLane> Unsigned(string name, int[] s)
    {
        Func<uint, uint, uint> f = name switch
        {
            "add" => (x, y) => x + y,
            "sub" => (x, y) => x - y,
            "mul" => (x, y) => x * y,
            "div" => (x, y) => x / y,
            "rem" => (x, y) => x % y,
            "shr" => (x, y) => y > 31 ? 0 : x >> (int)y,
            _ => throw Unknown(name + ".u32"),
        };
        return lane => lane.R[s[0]] = f((uint)lane.R[s[1]], (uint)lane.R[s[2]]);
    }

    private static Action<PtxLane> Long(string name, int[] s, bool isSigned) => name switch
    {
        "add" => lane => lane.R[s[0]] = lane.R[s[1]] + lane.R[s[2]],
        "sub" => lane => lane.R[s[0]] = lane.R[s[1]] - lane.R[s[2]],
        "mul" => lane => lane.R[s[0]] = lane.R[s[1]] * lane.R[s[2]],
        "shl" => lane => lane.R[s[0]] = lane.R[s[1]] << (int)lane.R[s[2]],
        "shr" when isSigned => lane => lane.R[s[0]] = (ulong)((long)lane.R[s[1]] >> (int)lane.R[s[2]]),
        "shr" => lane => lane.R[s[0]] = lane.R[s[1]] >> (int)lane.R[s[2]],
        _ => throw Unknown(name + ".s64"),
    };

    private static Action<PtxLane> Single(string name, int[] s)
    {
        Func<float, float, float> f = name switch
        {
            "add" => (x, y) => x + y,
            "sub" => (x, y) => x - y,
            "mul" => (x, y) => x * y,
            _ => throw Unknown(name + ".f32"),
        };
        return lane => lane.R[s[0]] = Bits(f(F32(lane, s[1]), F32(lane, s[2])));
    }

    private static Action<PtxLane> Double(string name, int[] s)
    {
        Func<double, double, double> f = name switch
        {
            "add" => (x, y) => x + y,
            "sub" => (x, y) => x - y,
            "mul" => (x, y) => x * y,
            _ => throw Unknown(name + ".f64"),
        };
        return lane => lane.R[s[0]] = BitConverter.DoubleToUInt64Bits(f(F64(lane, s[1]), F64(lane, s[2])));
    }

    private static Action<PtxLane> Compare(string comparison, string type, int[] s)
    {
        // Comparisons that end in u hold for NaN too.
        Func<PtxLane, int> sign = type switch
        {
            "s32" or "b32" => lane => ((int)lane.R[s[1]]).CompareTo((int)lane.R[s[2]]),
            "u32" => lane => ((uint)lane.R[s[1]]).CompareTo((uint)lane.R[s[2]]),
            "s64" => lane => ((long)lane.R[s[1]]).CompareTo((long)lane.R[s[2]]),
            _ => throw Unknown($"setp.{comparison}.{type}"),
        };
        Func<int, bool> holds = comparison switch
        {
            "eq" => x => x == 0,
            "ne" => x => x != 0,
            "lt" => x => x < 0,
            "le" => x => x <= 0,
            "gt" => x => x > 0,
            "ge" => x => x >= 0,
            _ => throw Unknown($"setp.{comparison}.{type}"),
        };
        return lane => lane.R[s[0]] = holds(sign(lane)) ? 1u : 0u;
    }

    private static Action<PtxLane> Convert(string to, string from, int[] s) => (to, from) switch
    {
        ("s64", "s32") => lane => lane.R[s[0]] = (ulong)(int)lane.R[s[1]],
        ("s32", "s64") or ("u64", "u32") => lane => lane.R[s[0]] = (uint)lane.R[s[1]],
        ("f32", "s32") => lane => lane.R[s[0]] = Bits((int)lane.R[s[1]]),
        ("s32", "f32") => lane => lane.R[s[0]] = (uint)(int)F32(lane, s[1]),
        ("f64", "f32") => lane => lane.R[s[0]] = BitConverter.DoubleToUInt64Bits(F32(lane, s[1])),
        _ => throw Unknown($"cvt.{to}.{from}"),
    };

    private static float F32(PtxLane lane, int number) => BitConverter.UInt32BitsToSingle((uint)lane.R[number]);

    private static double F64(PtxLane lane, int number) => BitConverter.UInt64BitsToDouble(lane.R[number]);

    private static ulong Bits(float value) => BitConverter.SingleToUInt32Bits(value);

    private static NotSupportedException Unknown(string code) => new($"The interpreter has no {code}.");
}
