using System.Reflection;

namespace ForgePrune.Kernels.Gpu.Tests.Toys;

/// <summary>The toys by the name of their type and their own.</summary>
internal static class ToyKernels
{
    private static readonly Type[] Types = [typeof(AllowedKernels), typeof(AllowedComparisons), typeof(ForbiddenKernels), typeof(ForbiddenComparisons),
        typeof(UnorderedComparisons)];

    private static readonly Dictionary<string, MethodInfo> All =
        Types.SelectMany(type => type.GetMethods(BindingFlags.Static | BindingFlags.Public)).ToDictionary(toy => $"{toy.DeclaringType!.Name}.{toy.Name}");

    public static IEnumerable<string> Allowed => Names(nameof(AllowedKernels), nameof(AllowedComparisons));

    public static IEnumerable<string> Forbidden =>
        Names(nameof(ForbiddenKernels), nameof(ForbiddenComparisons)).Where(name => All[name].IsDefined(typeof(BreaksAttribute)));

    /// <summary>Those that compile into something else.</summary>
    public static IEnumerable<string> ComputedOtherwise => Forbidden.Where(name => Broken(name).Ilgpu == OfIlgpu.ComputesOtherwise);

    public static IEnumerable<string> Unordered => Names(nameof(UnorderedComparisons));

    public static MethodInfo Of(string name) => All[name];

    public static BreaksAttribute Broken(string name) => All[name].GetCustomAttribute<BreaksAttribute>()!;

    private static IEnumerable<string> Names(params string[] types) => All.Keys.Where(name => types.Contains(name[..name.IndexOf('.')]));
}
