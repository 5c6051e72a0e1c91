using System.Buffers.Binary;
using System.Text.RegularExpressions;

namespace ForgePrune.Kernels.Gpu.Tests.Ptx;

/// <summary>Loads and stores: of parameters, of shared memory, and of global memory by generic addresses.</summary>
internal static partial class PtxAccess
{
    /// <param name="code">As <c>ld shared v4 f32</c>.</param>
    /// <param name="operands">As <c>{%f1, %f2, %f3, %f4}, [%rd1+16]</c>, or the other way round.</param>
    public static Action<PtxLane> Decode(string[] code, string operands, PtxRegisters registers)
    {
        var address = Address().Match(operands);
        var values = PtxInstruction.Numbers(operands.Remove(address.Index, address.Length), registers);
        var offset = address.Groups["offset"].Success ? ulong.Parse(address.Groups["offset"].Value) : 0;
        var element = int.Parse(code[^1][1..]) / 8;
        var bytes = element * values.Length;
        var name = address.Groups["base"].Value;
        if (code[1] == "param")
            return lane => Load(lane, lane.Group.Parameter(name).AsSpan((int)offset, bytes), values, element);
        var start = registers[name];
        if (code[1] is "local" or "const")
            throw new NotSupportedException($"The interpreter has no {code[1]} memory.");
        Func<PtxLane, Span<byte>> place = code[1] == "shared"
            ? lane => lane.Group.Shared(lane.R[start] + offset, bytes)
            : lane => lane.Group.Memory.At(lane.R[start] + offset, bytes);
        return code[0] == "ld" ? lane => Load(lane, place(lane), values, element) : lane => Store(lane, place(lane), values, element);
    }

    private static void Load(PtxLane lane, Span<byte> source, int[] values, int element)
    {
        for (var i = 0; i < values.Length; i++)
            lane.R[values[i]] = element switch
            {
                1 => source[i],
                4 => BinaryPrimitives.ReadUInt32LittleEndian(source[(4 * i)..]),
                8 => BinaryPrimitives.ReadUInt64LittleEndian(source[(8 * i)..]),
                _ => throw new NotSupportedException($"The interpreter loads no elements of {element} bytes."),
            };
    }

    private static void Store(PtxLane lane, Span<byte> target, int[] values, int element)
    {
        for (var i = 0; i < values.Length; i++)
            switch (element)
            {
                case 1:
                    target[i] = (byte)lane.R[values[i]];
                    break;
                case 4:
                    BinaryPrimitives.WriteUInt32LittleEndian(target[(4 * i)..], (uint)lane.R[values[i]]);
                    break;
                case 8:
                    BinaryPrimitives.WriteUInt64LittleEndian(target[(8 * i)..], lane.R[values[i]]);
                    break;
                default:
                    throw new NotSupportedException($"The interpreter stores no elements of {element} bytes.");
            }
    }

    [GeneratedRegex(@"\[\s*(?<base>[%\w]+)(\+(?<offset>\d+))?\s*\]")]
    private static partial Regex Address();
}
