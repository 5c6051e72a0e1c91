namespace ForgePrune.Onnx.Tests.Export.Written;

/// <summary>What any ONNX model with external data must be, by the format's own rules.</summary>
internal static class OnnxRules
{
    private const long PageSize = 4096;

    /// <summary>Versions of the format with the first and last operator set that they may name (onnx/docs/Versioning.md).</summary>
    private static readonly Dictionary<long, (long First, long Last)> Releases = new() { [9] = (19, 20), [10] = (21, 22), [11] = (23, 24) };

    /// <summary>Sentences about whatever is wrong; none where all is well.</summary>
    public static IEnumerable<string> Breaches(OnnxFile model, string folder) =>
        [.. Versions(model), .. Names(model), .. Flow(model), .. Bytes(model, folder)];

    private static IEnumerable<string> Versions(OnnxFile model)
    {
        if (!Releases.TryGetValue(model.IrVersion, out var opsets) || !model.Opsets.TryGetValue("", out var opset) || opset < opsets.First
            || opset > opsets.Last)
            yield return $"ir_version {model.IrVersion} does not go with operator set {model.Opsets.GetValueOrDefault("")}";
        foreach (var node in model.Nodes.Where(node => !model.Opsets.ContainsKey(node.Domain)))
            yield return $"{node.Name} is of domain '{node.Domain}', which is not imported";
    }

    private static IEnumerable<string> Names(OnnxFile model)
    {
        string[] values = [.. model.Inputs.Select(input => input.Name), .. model.Tensors.Select(tensor => tensor.Name),
            .. model.Nodes.SelectMany(node => node.Outputs).Where(name => name.Length > 0)];
        foreach (var (kind, names) in new[] { ("value", values), ("node", [.. model.Nodes.Select(node => node.Name)]),
            ("output", [.. model.Outputs.Select(output => output.Name)]) })
        {
            if (names.Any(name => name.Length == 0))
                yield return $"a {kind} has no name";
            foreach (var twice in names.GroupBy(name => name).Where(group => group.Count() > 1))
                yield return $"{kind} {twice.Key} is there {twice.Count()} times";
        }

        foreach (var node in model.Nodes.Where(node => node.Attributes.Distinct().Count() != node.Attributes.Length))
            yield return $"{node.Name} has an attribute twice";
    }

    /// <summary>Nodes stand behind what they read, and nothing is there in vain. An input may be: clients give a mask whatever the model.</summary>
    private static IEnumerable<string> Flow(OnnxFile model)
    {
        HashSet<string> known = [.. model.Inputs.Select(input => input.Name), .. model.Tensors.Select(tensor => tensor.Name)],
            read = [.. model.Outputs.Select(output => output.Name)];
        foreach (var node in model.Nodes)
        {
            foreach (var input in node.Inputs.Where(input => input.Length > 0 && !known.Contains(input)))
                yield return $"{node.Name} reads {input}, which nothing before it makes";
            read.UnionWith(node.Inputs);
            known.UnionWith(node.Outputs);
        }

        foreach (var output in model.Outputs.Where(output => !known.Contains(output.Name)))
            yield return $"output {output.Name} is made by nothing";
        foreach (var unread in model.Tensors.Select(tensor => tensor.Name).Where(name => !read.Contains(name)))
            yield return $"{unread} is read by nothing";
        foreach (var node in model.Nodes.Where(node => !node.Outputs.Any(read.Contains)))
            yield return $"{node.Name} works for nobody";
    }

    private static IEnumerable<string> Bytes(OnnxFile model, string folder)
    {
        foreach (var tensor in model.Tensors)
        {
            var elements = tensor.Dims.Aggregate(1L, (product, dim) => product * dim);
            // Two of four bits share a byte.
            var needed = tensor.Type is 21 or 22 ? (elements + 1) / 2 : elements * Size(tensor.Type);
            if (needed != (tensor.Location is null ? tensor.RawBytes : tensor.Length))
                yield return $"{tensor.Name} of [{string.Join(", ", tensor.Dims)}] takes {needed} bytes and has {(tensor.Location is null ? tensor.RawBytes : tensor.Length)}";
        }

        foreach (var file in model.Tensors.Where(tensor => tensor.Location is not null).GroupBy(tensor => tensor.Location!))
        {
            if (Path.GetFileName(file.Key) != file.Key || !File.Exists(Path.Combine(folder, file.Key)))
            {
                yield return $"{file.Key} is no file beside the model";
                continue;
            }

            // Several names for one slice are one slice.
            var (end, length) = (0L, new FileInfo(Path.Combine(folder, file.Key)).Length);
            foreach (var slice in file.Select(tensor => (tensor.Offset, tensor.Length)).Distinct().OrderBy(slice => slice.Offset))
            {
                if (slice.Offset % PageSize != 0)
                    yield return $"{file.Key}: a tensor begins at {slice.Offset}, which is no page";
                if (slice.Offset < end || slice.Offset - end >= PageSize)
                    yield return $"{file.Key}: a tensor begins at {slice.Offset} where the last one ends at {end}";
                end = slice.Offset + slice.Length;
            }

            if (end != length)
                yield return $"{file.Key} has {length} bytes where its tensors end at {end}";
        }
    }

    private static long Size(long type) => type switch
    {
        1 or 6 => 4,
        2 or 3 or 9 => 1,
        7 or 11 => 8,
        10 or 16 => 2,
        _ => throw new InvalidDataException($"element type {type}"),
    };
}
