using System.Text.Json;

namespace ForgePrune.Perf.Results;

/// <summary>What one whole layer of a model took on one machine.</summary>
/// <param name="Model">The name of its config file.</param>
/// <param name="Kernels">The implementation that ran.</param>
/// <param name="Fitting">Tokens that are fitted to.</param>
/// <param name="Judging">Tokens that judge.</param>
/// <param name="Parameters">Of the measured layer.</param>
/// <param name="Layers">Of the whole model.</param>
/// <param name="Outside">Parameters of the whole model outside of its layers.</param>
/// <param name="Experts">Of a layer of the whole model; 0 where there are none.</param>
/// <param name="MeasuredExperts">Of the measured layer.</param>
/// <param name="WholeMemoryBytes">The peak that a run's plan has for the whole model on the machine, with as much text.</param>
/// <param name="WholeDiskBytes">The disk that it has for it.</param>
internal sealed record BlockRecord(
    string Model, string Family, string Kernels, int Threads, long Fitting, long Judging, long Parameters, int Layers, long Outside, int Experts,
    int MeasuredExperts, long WholeMemoryBytes, long WholeDiskBytes, IReadOnlyList<BlockStage> Stages)
{
    private static readonly JsonSerializerOptions Indented = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    /// <summary>Seconds of all layers, by arithmetic. What a run does once for all of them, search, latency table, export, and proof, is not in it.</summary>
    public double WholeSeconds => Stages.Sum(stage => stage.WholeSeconds);

    public void Write(string file) => File.WriteAllText(file, JsonSerializer.Serialize(this, Indented) + "\n");

    public static BlockRecord Read(string file) => JsonSerializer.Deserialize<BlockRecord>(File.ReadAllText(file), Indented)!;
}

/// <summary>One stage of a layer.</summary>
/// <param name="Seconds">By the clock.</param>
/// <param name="ProcessorSeconds">By the processors' own account.</param>
/// <param name="PeakBytes">Largest resident size of the process up to the stage's end.</param>
/// <param name="PlannedBytes">What a run's plan has for the stage and a model of this layer alone.</param>
/// <param name="WholeSeconds">Of all layers and experts of the whole model.</param>
internal sealed record BlockStage(string Stage, double Seconds, double ProcessorSeconds, long PeakBytes, long PlannedBytes, double WholeSeconds);
