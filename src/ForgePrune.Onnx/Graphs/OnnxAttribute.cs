namespace ForgePrune.Onnx.Graphs;

/// <summary>One attribute of a node. Made from a number, a text or a list of whole numbers.</summary>
internal sealed class OnnxAttribute
{
    // AttributeProto.AttributeType
    private const int Float = 1;
    private const int Int = 2;
    private const int Text = 3;
    private const int Floats = 6;
    private const int Ints = 7;

    private readonly string name;
    private readonly object value;

    private OnnxAttribute(string name, object value) => (this.name, this.value) = (name, value);

    public static OnnxAttribute Of(string name, long value) => new(name, value);

    public static OnnxAttribute Of(string name, float value) => new(name, value);

    public static OnnxAttribute Of(string name, string value) => new(name, value);

    public static OnnxAttribute Of(string name, params long[] values) => new(name, values);

    public static OnnxAttribute Of(string name, params float[] values) => new(name, values);

    /// <summary>AttributeProto: name 1, f 2, i 3, s 4, floats 7, ints 8, type 20.</summary>
    internal void Write(ProtoWriter attribute)
    {
        attribute.String(1, name);
        switch (value)
        {
            case float number:
                attribute.Float(2, number);
                attribute.Int(20, Float);
                break;
            case long number:
                attribute.Int(3, number);
                attribute.Int(20, Int);
                break;
            case string text:
                attribute.String(4, text);
                attribute.Int(20, Text);
                break;
            case float[] numbers:
                foreach (var number in numbers)
                    attribute.Float(7, number);
                attribute.Int(20, Floats);
                break;
            case long[] numbers:
                foreach (var number in numbers)
                    attribute.Int(8, number);
                attribute.Int(20, Ints);
                break;
        }
    }
}
