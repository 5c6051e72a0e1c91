using System.Collections.Concurrent;
using System.Reflection;

namespace ForgePrune.Ilgpu;

/// <summary>Numbers for the places in kernels where something is watched; 0 is none.</summary>
internal static class Sites
{
    private static readonly List<(MethodBase Method, int Offset)> All = [];
    private static readonly ConcurrentDictionary<int, SourceLine> Lines = [];

    public static int Number(MethodBase method, int offset)
    {
        lock (All)
        {
            All.Add((method, offset));
            return All.Count;
        }
    }

    public static SourceLine Line(int site) => site == 0 ? default : Lines.GetOrAdd(site, number =>
    {
        lock (All)
            return SourceLine.Of(All[number - 1].Method, All[number - 1].Offset);
    });
}
