using System.Text;
using System.Text.RegularExpressions;

namespace ForgePrune.Kernels.Gpu;

/// <summary>The C header of an export: a struct for the parameters of each kernel, and their addresses as the driver's launch wants them.</summary>
internal static partial class PtxHeader
{
    public const string File = "forgeprune_kernels.h";

    public static string Text(PtxManifest manifest)
    {
        var text = new StringBuilder();
        text.Append($$"""
            /* Parameters of ForgePrune's GPU kernels, PTX for {{manifest.Target}} by {{manifest.Compiler}}. Written by 'forgeprune kernels export'.
             *
             * To launch: load NAME.ptx, get its function NAME, fill a struct fp_NAME, let fp_NAME_arguments list the addresses of its members, and
             * pass that list to cuLaunchKernel with FP_NAME_LANES lanes in x, the number of groups that the comment names, and no dynamic shared memory.
             */
            #ifndef FORGEPRUNE_KERNELS_H
            #define FORGEPRUNE_KERNELS_H
            #include <stdint.h>

            /* Elements in the memory of the device, and how many. */
            typedef struct { uint64_t pointer; int64_t length; } fp_view;

            /* An operand of a product: element (lane, depth) lies at lane * lane_step + depth * depth_step. */
            typedef struct { fp_view data; int32_t lane_step, depth_step; } fp_operand;

            """.ReplaceLineEndings("\n"));
        foreach (var kernel in manifest.Kernels)
            Append(text, kernel);
        return text.Append("\n#endif\n").ToString();
    }

    private static void Append(StringBuilder text, PtxKernel kernel)
    {
        text.Append($"\n/* {kernel.Purpose}\n * {(kernel.PerElement ? $"ceil(N / lanes) groups of any size for N = {kernel.Grid}" : kernel.Grid)}.\n */\n");
        if (!kernel.PerElement)
            text.Append($"enum {{ FP_{kernel.Name.ToUpperInvariant()}_LANES = {kernel.Lanes} }};\n");
        text.Append("typedef struct {\n");
        foreach (var parameter in kernel.Parameters)
            text.Append($"    {CType(parameter.Type)} {CName(parameter.Name)}; /* {parameter.Meaning}{Elements(parameter.Type)} */\n");
        text.Append($"}} fp_{kernel.Name};\n");
        text.Append($"static inline void fp_{kernel.Name}_arguments(fp_{kernel.Name} *p, void *arguments[{kernel.Parameters.Count}])\n{{\n");
        for (var i = 0; i < kernel.Parameters.Count; i++)
            text.Append($"    arguments[{i}] = &p->{CName(kernel.Parameters[i].Name)};\n");
        text.Append("}\n");
    }

    private static string CType(string type) => type switch
    {
        "i32" => "int32_t",
        "f32" => "float",
        "f64" => "double",
        _ => type.StartsWith("view<", StringComparison.Ordinal) ? "fp_view" : "fp_operand",
    };

    private static string Elements(string type) => type.Contains('<') ? $"; elements of {type.Split('<', '>')[1]}" : "";

    private static string CName(string name) => Capital().Replace(name, match => "_" + match.Value.ToLowerInvariant());

    [GeneratedRegex("[A-Z]")]
    private static partial Regex Capital();
}
