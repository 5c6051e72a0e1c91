using System.Collections.Concurrent;
using System.Diagnostics;
using System.Reflection;
using System.Reflection.Emit;
using ILGPU.Runtime;

namespace ForgePrune.Ilgpu;

/// <summary>A kernel that keeps the rules, ready to run under watch.</summary>
internal sealed class LoadedKernel
{
    // Every launcher that is made loads its kernels again.
    private static readonly ConcurrentDictionary<MethodInfo, DynamicMethod> Rewritten = [];

    /// <summary>A barrier that is to be left out of a kernel loaded on this thread, to see whether that is found.</summary>
    [ThreadStatic]
    internal static (MethodInfo Kernel, int Barrier)? LeftOut;

    private readonly Accelerator _accelerator;
    private readonly string _name;

    private LoadedKernel(Accelerator accelerator, string name) => (_accelerator, _name) = (accelerator, name);

    /// <returns>The kernel, and the body that each of its lanes runs.</returns>
    /// <exception cref="KernelRefused">It breaks a rule for kernels.</exception>
    public static (LoadedKernel Kernel, T Body) Load<T>(Accelerator accelerator, T kernel) where T : Delegate
    {
        var method = kernel.Method;
        var rewritten = LeftOut is { } left && left.Kernel == method ? new KernelRewriter(left.Barrier).Rewrite(method) : Rewritten.GetOrAdd(method, Rewrite);
        var body = (T)rewritten.CreateDelegate(typeof(T));
        return (new(accelerator, $"{method.DeclaringType!.Name}.{method.Name}"), body);
    }

    private static DynamicMethod Rewrite(MethodInfo kernel)
    {
        if (KernelRules.Check(kernel) is { Count: > 0 } violations)
            throw new KernelRefused(violations);
        // The optimizer of C# keeps variables on the evaluation stack, also over a barrier, where a lane returns.
        return kernel.Module.Assembly.GetCustomAttribute<DebuggableAttribute>() is { IsJITOptimizerDisabled: true }
            ? new KernelRewriter().Rewrite(kernel)
            : throw new NotSupportedException($"{kernel.Module.Assembly.GetName().Name} is compiled with optimization; kernels are simulated without, <Optimize>false</Optimize>.");
    }

    /// <summary>Runs groups one after the other.</summary>
    public void Launch(int groups, int lanes, Action lane)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(groups);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(lanes);
        if (lanes > _accelerator.LargestGroup)
            throw KernelFault.Resources($"launches {_name} with groups of {lanes} lanes; {_accelerator.Name} has at most {_accelerator.LargestGroup}");
        Run(groups, lanes, _ => lane);
    }

    /// <summary>Runs a lane for each index. They are of groups of any size, so nothing may be taken for ordered: each is a group of its own.</summary>
    public void LaunchEach(int count, Action<int> lane)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(count);
        Run(count, 1, index => () => lane(index));
    }

    private void Run(int groups, int lanes, Func<int, Action> laneOf)
    {
        var launch = new Launch(_name, groups, lanes, _accelerator.Map, GroupRun.NextInterval());
        for (var group = 0; group < groups; group++)
        {
            using var run = new GroupRun(launch, group);
            run.Run(laneOf(group));
        }
    }
}
