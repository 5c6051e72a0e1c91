using System.Reflection;

namespace ForgePrune.Kernels.Gpu;

/// <summary>Every kernel of this assembly, for the PTX that other stacks load and for the tests that compile them all.</summary>
public static class AllKernels
{
    private const string View = "pointer and number of elements";

    /// <summary>All of them, in the order of the pipeline.</summary>
    public static IReadOnlyList<KernelEntry> Entries { get; } =
    [
        Grouped("gram_f32", typeof(GramKernels), nameof(GramKernels.Accumulate), "t(t+1)/2 groups with t = ceil(cols / 128)",
            "gram += XᵀX over count ≤ 256 tokens from first on, tiles on and below the diagonal; float32 products, float64 sums.",
            $"X, tokens x cols, float32, 16-byte aligned: {View}", "first token", "number of tokens, at most 256", "cols", $"gram, cols x cols, float64: {View}"),
        Grouped("gram_mirror", typeof(GramKernels), nameof(GramKernels.Mirror), "t(t+1)/2 groups with t = ceil(cols / 64)", "Copies the lower half of a Gram to the upper one.",
            $"gram, cols x cols, float64: {View}", "cols"),
        Grouped("product_f64", typeof(ProductKernels), nameof(ProductKernels.Multiply), "ceil(m / (4 side)) · ceil(n / (4 side)) groups",
            "C = alpha A B + beta C; element (lane, depth) of an operand lies at lane · laneStep + depth · depthStep.",
            "A: pointer, number of elements, laneStep, depthStep", "B: the same, lanes being columns", $"C, float64: {View}", "elements from one row of C to the next", "m", "n", "k",
            "alpha", "beta; with 0 the old C is not read", "side: root of the lanes of a group, 16"),
        Grouped("product_f32", typeof(FloatProductKernels), nameof(FloatProductKernels.Multiply), "ceil(m / 128) · ceil(n / 128) groups",
            "C = alpha A B + beta C; element (lane, depth) of an operand lies at lane · laneStep + depth · depthStep, one of the steps being 1.",
            "A, 16-byte aligned: pointer, number of elements, laneStep, depthStep", "B: the same, lanes being columns", $"C, float32: {View}", "elements from one row of C to the next", "m", "n", "k",
            "alpha", "beta; with 0 the old C is not read"),
        Grouped("gather_rows", typeof(GatherKernels), nameof(GatherKernels.RowBlocks), "number of blocks · width groups",
            "Copies blocks of rows: row r of target is row blocks[r / width] · width + r % width of source.",
            $"source, rows x cols, float32: {View}", "cols", $"blocks, int32: {View}", "width", $"target, blocks · width x cols, float32: {View}"),
        Grouped("gather_columns", typeof(GatherKernels), nameof(GatherKernels.ColumnBlocks), "rows groups",
            "Copies blocks of columns: column c of target is column blocks[c / width] · width + c % width of source.",
            $"source, rows x cols, float32: {View}", "cols", $"blocks, int32: {View}", "width", $"target, rows x targetCols, float32: {View}", "targetCols"),
        Grouped("cholesky_diagonal", typeof(CholeskyKernels), nameof(CholeskyKernels.Diagonal), "1 group",
            "Factors a diagonal block of at most 32 rows and inverts the factor.",
            $"A, float64: {View}", "elements from one row to the next", "first row of the block", "rows of the block", $"inverses, rows of 32, float64: {View}", $"status, int32; first bad pivot plus one: {View}"),
        Single("copy_scaled", typeof(CholeskyKernels), nameof(CholeskyKernels.CopyScaled), "rows · cols lanes", "target = scale · source.",
            "rows · cols", $"source, float64: {View}", "source stride", $"target, float64: {View}", "target stride", "cols", "scale"),
        Single("elimination_diagonals", typeof(EliminationKernels), nameof(EliminationKernels.Diagonals), "n lanes", "Reads the diagonals of P and G.",
            "n", $"P, n x n, float64: {View}", $"G, n x n, float64: {View}", "n", $"diagonal of P: {View}", $"diagonal of G: {View}"),
        Grouped("elimination_choose", typeof(EliminationKernels), nameof(EliminationKernels.Choose), "1 group",
            "Finds the living channel of least G_jj / P_jj, of equal ones the lowest.",
            $"diagonal of P: {View}", $"diagonal of G: {View}", $"removed, bytes: {View}", "n", "step", "pending removals", $"order, int32: {View}", $"scores, float64: {View}",
            $"chosen: pivot and weight of each pending removal: {View}", $"status, int32; first unsound channel plus one: {View}"),
        Single("elimination_remove", typeof(EliminationKernels), nameof(EliminationKernels.Remove), "n lanes", "Appends the factors of the chosen channel and lowers the diagonals.",
            "n", $"P, n x n, float64: {View}", $"G, n x n, float64: {View}", "n", "step", "pending removals", "removals in a block", $"order, int32: {View}", $"chosen: {View}",
            $"factors, 4 blocks of rows h, c, h, c·p: {View}", $"diagonal of P: {View}", $"diagonal of G: {View}", $"removed, bytes: {View}"),
        Single("elimination_arrange", typeof(EliminationKernels), nameof(EliminationKernels.Arrange), "n² lanes", "L⁻¹ with the survivors first, from the rows that the removals left in P.",
            "n²", $"P, n x n, float64: {View}", $"order, int32: {View}", "n", "number of dead channels", $"L⁻¹, n x n, float64: {View}"),
    ];

    private static KernelEntry Grouped(string name, Type type, string method, string grid, string purpose, params string[] parameters) =>
        new(name, Method(type, method), 256, Grouping.Groups, grid, purpose, parameters);

    private static KernelEntry Single(string name, Type type, string method, string grid, string purpose, params string[] parameters) =>
        new(name, Method(type, method), 256, Grouping.PerElement, grid, purpose, parameters);

    private static MethodInfo Method(Type type, string name) =>
        type.GetMethod(name, BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic) ?? throw new MissingMethodException(type.FullName, name);
}
