using ForgePrune.Kernels;

namespace ForgePrune.Native;

/// <summary>Foreign memory as spans, once its shape has been found to be possible.</summary>
internal static unsafe class NativeSpan
{
    /// <summary>rows × cols elements, rows a stride apart.</summary>
    public static Span<T> Matrix<T>(T* data, long rows, long cols, long stride, string name) where T : unmanaged
    {
        NotNegative(rows, $"the rows of {name}");
        NotNegative(cols, $"the columns of {name}");
        if (stride < cols)
            throw new ArgumentException($"{name} has a stride of {stride}, below its {cols} columns; a stride counts the elements from one row to the next");
        return Vector(data, rows == 0 || cols == 0 ? 0 : checked((rows - 1) * stride + cols), name);
    }

    /// <summary>n × n elements, rows a stride apart; more than 2³¹ are possible.</summary>
    public static LongSpan<T> Square<T>(T* data, long n, long stride, string name) where T : unmanaged
    {
        NotNegative(n, $"the rows of {name}");
        if (stride < n)
            throw new ArgumentException($"{name} has a stride of {stride}, below its {n} columns; a stride counts the elements from one row to the next");
        if (data is null && n > 0)
            throw new ArgumentException($"{name} is a null pointer where {n} x {n} elements are expected");
        return new LongSpan<T>(data, n == 0 ? 0 : checked((n - 1) * stride + n));
    }

    /// <summary>So many elements in a row.</summary>
    public static Span<T> Vector<T>(T* data, long length, string name) where T : unmanaged
    {
        NotNegative(length, $"the length of {name}");
        if (length > Array.MaxLength)
            throw new ArgumentException($"{name} has {length} elements where at most {Array.MaxLength} are possible; split the matrix");
        if (data is null && length > 0)
            throw new ArgumentException($"{name} is a null pointer where {length} elements are expected");
        return new Span<T>(data, (int)length);
    }

    /// <summary>A size that the kernels take.</summary>
    public static int Size(long value, string name)
    {
        NotNegative(value, name);
        return value <= int.MaxValue ? (int)value : throw new ArgumentException($"{name} is {value} where at most {int.MaxValue} is possible");
    }

    private static void NotNegative(long value, string name)
    {
        if (value < 0)
            throw new ArgumentException($"{name} is {value} where 0 or more is possible");
    }
}
