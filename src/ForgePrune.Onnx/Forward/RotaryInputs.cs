using ForgePrune.Forward;
using ForgePrune.Model;
using ForgePrune.Onnx.Export;

namespace ForgePrune.Onnx.Forward;

/// <summary>Cosines, sines and positions as inputs of attention graphs. Tables are kept, one of each kind, and grow with the windows.</summary>
internal sealed class RotaryInputs(ModelConfig config, BlockPlace place)
{
    private readonly Dictionary<bool, RotaryTable> tables = [];
    private readonly Dictionary<bool, (int Positions, ushort[] Cos, ushort[] Sin)> narrow = [];
    private long[] positions = [];
    private (int Windows, int Tokens) made;

    /// <summary>The table that a layer turns by, of at least <paramref name="tokens"/> positions, in float32.</summary>
    public void Add(TensorSet inputs, AttentionKind kind, int tokens)
    {
        if (!tables.TryGetValue(kind.Local, out var table) || table.Positions < tokens)
            tables[kind.Local] = table = RotaryTable.Build(config.TurningAs(kind), tokens);
        inputs.Add("cos", table.Cos, table.Positions, config.RotaryWidth / 2);
        inputs.Add("sin", table.Sin, table.Positions, config.RotaryWidth / 2);
    }

    /// <summary>The same in the place's type, rounded once from float64.</summary>
    public void AddNarrow(TensorSet inputs, AttentionKind kind, int tokens)
    {
        if (!narrow.TryGetValue(kind.Local, out var table) || table.Positions < tokens)
        {
            var (cosines, sines) = RotaryTable.Exact(config.TurningAs(kind), tokens);
            narrow[kind.Local] = table = (tokens, Bits(cosines), Bits(sines));
        }

        inputs.AddNarrow("cos", place.ElementType, table.Cos, table.Positions, config.RotaryWidth / 2);
        inputs.AddNarrow("sin", place.ElementType, table.Sin, table.Positions, config.RotaryWidth / 2);
    }

    /// <summary>0 … tokens − 1 in every window.</summary>
    public void AddPositions(TensorSet inputs, int windows, int tokens)
    {
        if (made != (windows, tokens))
        {
            positions = new long[windows * tokens];
            for (var row = 0; row < positions.Length; row++)
                positions[row] = row % tokens;
            made = (windows, tokens);
        }

        inputs.Add("positions", positions, windows, tokens);
    }

    private ushort[] Bits(double[] values) => Array.ConvertAll(values, value => place.Type == OnnxFloat.F16 ? BitConverter.HalfToUInt16Bits((Half)value)
        : NarrowFloats.BFloat16(value));
}
