using ForgePrune.Onnx.Graphs;

namespace ForgePrune.Onnx.Tests.Export.Written;

/// <summary>One field of a protobuf message as it lies in the file.</summary>
internal sealed record ProtoField(int Number, long Value, byte[]? Bytes, float Float = 0, bool IsFloat = false)
{
    public string Text => System.Text.Encoding.UTF8.GetString(Bytes!);
}

/// <summary>A protobuf message that can be changed and written again, with whatever it holds that is not known here.</summary>
internal sealed class ProtoMessage(IEnumerable<ProtoField> fields)
{
    public List<ProtoField> Fields { get; } = [.. fields];

    public static ProtoMessage Parse(byte[] bytes)
    {
        var fields = new List<ProtoField>();
        for (var at = 0; at < bytes.Length;)
        {
            var tag = Varint(bytes, ref at);
            var number = (int)(tag >> 3);
            switch (tag & 7)
            {
                case 0:
                    fields.Add(new(number, Varint(bytes, ref at), null));
                    break;
                case 2:
                    var length = checked((int)Varint(bytes, ref at));
                    fields.Add(new(number, 0, bytes[at..(at + length)]));
                    at += length;
                    break;
                case 5:
                    fields.Add(new(number, 0, null, BitConverter.ToSingle(bytes, at), IsFloat: true));
                    at += sizeof(float);
                    break;
                default:
                    throw new InvalidDataException($"wire type {tag & 7} at byte {at}");
            }
        }
        return new(fields);
    }

    public byte[] ToBytes()
    {
        var writer = new ProtoWriter();
        foreach (var field in Fields)
        {
            if (field.Bytes is not null)
                writer.Bytes(field.Number, field.Bytes);
            else if (field.IsFloat)
                writer.Float(field.Number, field.Float);
            else
                writer.Int(field.Number, field.Value);
        }
        return writer.ToArray();
    }

    public IEnumerable<ProtoField> Of(int number) => Fields.Where(field => field.Number == number);

    public string Text(int number) => Of(number).FirstOrDefault()?.Text ?? "";

    public long Number(int number) => Of(number).FirstOrDefault()?.Value ?? 0;

    /// <summary>Changes every nested message with a number; null takes it out.</summary>
    public void Each(int number, Func<ProtoMessage, ProtoMessage?> change)
    {
        for (var i = Fields.Count - 1; i >= 0; i--)
        {
            if (Fields[i].Number != number)
                continue;
            if (change(Parse(Fields[i].Bytes!)) is { } changed)
                Fields[i] = Fields[i] with { Bytes = changed.ToBytes() };
            else
                Fields.RemoveAt(i);
        }
    }

    /// <summary>Changes every text with a number.</summary>
    public void EachText(int number, Func<string, string> change)
    {
        for (var i = 0; i < Fields.Count; i++)
        {
            if (Fields[i].Number == number)
                Fields[i] = Fields[i] with { Bytes = System.Text.Encoding.UTF8.GetBytes(change(Fields[i].Text)) };
        }
    }

    public void Set(int number, long value)
    {
        Fields.RemoveAll(field => field.Number == number);
        Fields.Add(new(number, value, null));
    }

    private static long Varint(byte[] bytes, ref int at)
    {
        var value = 0UL;
        for (var shift = 0; ; shift += 7)
        {
            var next = bytes[at++];
            value |= (ulong)(next & 0x7F) << shift;
            if (next < 0x80)
                return (long)value;
        }
    }
}
