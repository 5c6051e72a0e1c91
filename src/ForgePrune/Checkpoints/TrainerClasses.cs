using System.Text.Json;
using System.Text.Json.Nodes;
using ForgePrune.Model;

namespace ForgePrune.Checkpoints;

/// <summary>The classes for transformers that stand beside weights which its own classes do not hold: with <c>trust_remote_code=True</c> it loads, runs, and
/// trains the model by them.</summary>
internal static class TrainerClasses
{
    /// <summary>The class of the model, as <c>architectures</c> names it.</summary>
    public const string Model = "ForgePruneForCausalLM";

    private const string ConfigFile = "configuration_forgeprune", ModelFile = "modeling_forgeprune";

    /// <summary>Whether the classes compute the model, and read its tensors by their names.</summary>
    public static bool Hold(ModelConfig config, ModelFamily family) => config.ComputesAsLlama && family.Names == TensorNames.Common;

    /// <summary>Names the classes in a config.json.</summary>
    public static void Name(JsonObject config)
    {
        config["architectures"] = new JsonArray(Model);
        config["auto_map"] = new JsonObject { ["AutoConfig"] = $"{ConfigFile}.ForgePruneConfig", ["AutoModelForCausalLM"] = $"{ModelFile}.{Model}" };
    }

    /// <summary>Writes the files of the classes.</summary>
    public static void Copy(string folder)
    {
        PythonFile.Copy($"{ConfigFile}.py", folder);
        PythonFile.Copy($"{ModelFile}.py", folder);
    }

    /// <summary>Whether an entry of auto_map names these classes; a name that was loaded from elsewhere has that place and two hyphens before it.</summary>
    public static bool IsOurs(JsonElement code) =>
        code.ValueKind == JsonValueKind.String && code.GetString()!.Split("--")[^1] == $"{ModelFile}.{Model}";
}
