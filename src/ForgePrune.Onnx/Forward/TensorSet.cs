using System.Runtime.InteropServices;
using ForgePrune.Forward;
using ForgePrune.Model;
using ForgePrune.Onnx.Graphs;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace ForgePrune.Onnx.Forward;

/// <summary>Named tensors over managed arrays, pinned and not copied for as long as the set lives.</summary>
internal sealed class TensorSet : IDisposable
{
    private readonly List<string> names = [];
    private readonly List<OrtValue> values = [];
    private readonly List<GCHandle> pins = [];

    public void Add<T>(string name, T[] values, params long[] shape)
        where T : unmanaged
    {
        this.values.Add(OrtValue.CreateTensorValueFromMemory(values, shape));
        names.Add(name);
    }

    /// <param name="value">The set's from now on.</param>
    public void Add(string name, OrtValue value)
    {
        values.Add(value);
        names.Add(name);
    }

    public void Add(string name, Matrix matrix) => Add(name, matrix.Values, matrix.Rows, matrix.Cols);

    public void Add(string name, Activations x) => Add(name, x.Values, x.Windows, x.Tokens, x.Width);

    public void AddIfThere(string name, float[]? vector)
    {
        if (vector is not null)
            Add(name, vector, vector.Length);
    }

    /// <param name="type">Float16 or BFloat16.</param>
    /// <param name="bits">Of its elements.</param>
    public void AddNarrow(string name, OnnxType type, ushort[] bits, params long[] shape)
    {
        var pin = GCHandle.Alloc(bits, GCHandleType.Pinned);
        pins.Add(pin);
        values.Add(OrtValue.CreateTensorValueWithData(
            OrtMemoryInfo.DefaultInstance, type == OnnxType.Float16 ? TensorElementType.Float16 : TensorElementType.BFloat16, shape, pin.AddrOfPinnedObject(),
            (long)sizeof(ushort) * bits.Length));
        names.Add(name);
    }

    /// <summary>Gives all of them to a session as inputs. A provider with a memory of its own copies them now, and reads the copies from then on.</summary>
    public void BindTo(OrtIoBinding binding)
    {
        for (var i = 0; i < names.Count; i++)
            binding.BindInput(names[i], values[i]);
    }

    /// <summary>The same as outputs, which are written where they are.</summary>
    public void BindOutputsTo(OrtIoBinding binding)
    {
        for (var i = 0; i < names.Count; i++)
            binding.BindOutput(names[i], values[i]);
    }

    public void Dispose()
    {
        foreach (var value in values)
            value.Dispose();
        foreach (var pin in pins)
            pin.Free();
    }
}
