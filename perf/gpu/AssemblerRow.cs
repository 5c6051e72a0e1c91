namespace ForgePrune.GpuPerf;

/// <summary>What the assembler of this machine makes of the exported PTX.</summary>
internal static class AssemblerRow
{
    public static void Add(Table table)
    {
        const string what = "ptxas";
        if (Ptxas.Release() is not { } release)
        {
            table.Skip(what, "left out: it is not on PATH");
            return;
        }
        using var ptx = new ExportedPtx();
        foreach (var target in new[] { "sm_80", "sm_90" })
            try
            {
                var kernels = ptx.Files
                    .Select(file => (Name: Path.GetFileNameWithoutExtension(file), Made: Ptxas.Assemble(file, target))).ToArray();
                var bad = kernels.Where(kernel => kernel.Made.SpillBytes + kernel.Made.StackBytes > 0 || kernel.Made.Registers > Ptxas.RegistersForTwoGroups)
                    .ToArray();
                var most = string.Join(", ", kernels.OrderByDescending(kernel => kernel.Made.Registers).Take(5)
                    .Select(kernel => $"{kernel.Name} {kernel.Made.Registers}"));
                if (bad.Length == 0)
                    table.Skip($"{what} {release}, {target}", $"{kernels.Length} kernels, none spills; registers: {most}, the others fewer");
                else
                    table.Wrong($"{what} {release}, {target}", string.Join("; ", bad.Select(kernel => $"{kernel.Name}: {kernel.Made}")));
            }
            catch (InvalidOperationException refusal)
            {
                table.Wrong($"{what} {release}, {target}", refusal.Message.ReplaceLineEndings(" "));
            }
    }
}
