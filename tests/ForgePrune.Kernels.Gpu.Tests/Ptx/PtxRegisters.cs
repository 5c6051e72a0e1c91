using System.Globalization;

namespace ForgePrune.Kernels.Gpu.Tests.Ptx;

/// <summary>Names of a kernel's registers, constants and symbols, numbered: what a lane holds is an array by these numbers.</summary>
internal sealed class PtxRegisters
{
    private readonly Dictionary<string, int> numbers = [];
    private readonly Dictionary<string, ulong> symbols = [];

    /// <summary>Constants, to be there before a lane starts.</summary>
    public Dictionary<int, ulong> Constants { get; } = [];

    public int Count => numbers.Count;

    /// <summary>A name with a fixed value, as an address in shared memory.</summary>
    public void Define(string symbol, ulong value) => symbols.Add(symbol, value);

    public int this[string operand]
    {
        get
        {
            if (numbers.TryGetValue(operand, out var number))
                return number;
            numbers.Add(operand, number = numbers.Count);
            if (symbols.TryGetValue(operand, out var address))
                Constants.Add(number, address);
            else if (char.IsDigit(operand[0]) || operand[0] == '-')
                Constants.Add(number, Constant(operand));
            return number;
        }
    }

    private static ulong Constant(string text) => text switch
    {
        ['0', 'f', .. var bits] => uint.Parse(bits, NumberStyles.HexNumber),
        ['0', 'd', .. var bits] => ulong.Parse(bits, NumberStyles.HexNumber),
        ['-', ..] => (ulong)long.Parse(text, CultureInfo.InvariantCulture),
        _ => ulong.Parse(text, CultureInfo.InvariantCulture),
    };
}
