namespace ForgePrune.Kernels.Gpu;

/// <summary>What the layers of a run take of a device's memory, known before any work.</summary>
/// <param name="device">Name of the device.</param>
/// <param name="bytes">Bytes of it that may be taken.</param>
/// <param name="lent">How many of them are left to forward passes, beside which sums and refits go on.</param>
internal sealed class MemoryPlan(string device, long bytes, long lent)
{
    private readonly long besidePasses = bytes - lent;
    private readonly List<string> panels = [];
    private (long Bytes, string What) most;

    /// <summary>The clause of <see cref="IPruningDevice.Plan"/>.</summary>
    /// <inheritdoc cref="IPruningDevice.Plan"/>
    public static string Of(string device, long bytes, long lent, IReadOnlyList<PlannedLayer> layers, bool levels)
    {
        var plan = new MemoryPlan(device, bytes, lent);
        foreach (var layer in layers)
            plan.Add(layer, levels);
        var streamed = plan.panels.Count switch
        {
            0 => "",
            1 => $"; the sums of {plan.panels[0]} do not fit and go by panels of columns",
            var count => $"; the sums of {count} layers, such as {plan.panels[0]}, do not fit and go by panels of columns",
        };
        var beside = lent > 0 ? $", {Show(lent)} of them left to forward passes while there are any" : "";
        return $"{plan.most.What} take up to {Show(plan.most.Bytes)} of the {Show(bytes)} that '{device}' has for them{beside}{streamed}";
    }

    private void Add(PlannedLayer layer, bool levels)
    {
        var (rows, cols, name) = (layer.Rows, layer.Cols, $"{layer.Name} ({layer.Rows} x {layer.Cols})");
        var sums = levels ? GpuMomentSum.Bytes(rows, cols) : GpuGramSum.Bytes(cols);
        if (StepBytes.AreCountable(levels ? rows : cols, cols) && sums <= besidePasses)
            Take(sums, besidePasses, $"the sums of {name}", name);
        else if (PanelSum.Width(besidePasses, levels ? Math.Max(rows, cols) : cols) is > 0 and var width)
        {
            panels.Add(name);
            most = Larger(PanelSum.Bytes(width), $"the panels of {name}");
        }
        else
            throw TooLarge(sums, besidePasses, name);
        if (!levels)
            return;
        if (!StepBytes.AreCountable(rows, cols))
            throw new DeviceMemoryException(device, Work(name), StepBytes.MostCols);
        Take(layer.IsOfHeads ? StepBytes.Groups(cols, rows) : StepBytes.Order(cols, rows), bytes, $"the levels of {name}", name);
        Take(StepBytes.Factor(cols, rows), besidePasses, $"the refits of {name}", name);
    }

    private void Take(long needed, long free, string what, string name) => most = needed <= free ? Larger(needed, what) : throw TooLarge(needed, free, name);

    private (long Bytes, string What) Larger(long needed, string what) => needed > most.Bytes ? (needed, what) : most;

    private DeviceMemoryException TooLarge(long needed, long free, string name) => new(device, Work(name), needed, free, bytes - free);

    private static string Work(string name) => $"The work on {name}";

    private static string Show(long bytes) => $"{bytes >> 20} MiB";
}
