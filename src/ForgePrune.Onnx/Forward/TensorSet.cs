using ForgePrune.Forward;
using ForgePrune.Model;
using Microsoft.ML.OnnxRuntime;

namespace ForgePrune.Onnx.Forward;

/// <summary>Named tensors over managed arrays, pinned and not copied for as long as the set lives.</summary>
internal sealed class TensorSet : IDisposable
{
    private readonly List<string> names = [];
    private readonly List<OrtValue> values = [];

    public IReadOnlyCollection<string> Names => names;

    public IReadOnlyCollection<OrtValue> Values => values;

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

    public void Dispose()
    {
        foreach (var value in values)
            value.Dispose();
    }
}
