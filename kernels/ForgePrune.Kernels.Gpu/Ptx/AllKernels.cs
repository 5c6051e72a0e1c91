using System.Reflection;

namespace ForgePrune.Kernels.Gpu;

/// <summary>Every kernel of this assembly, for the PTX that other stacks load and for the tests that compile them all.</summary>
internal static class AllKernels
{
    /// <summary>All of them, in the order of the pipeline.</summary>
    public static IReadOnlyList<KernelEntry> Entries { get; } =
    [
        Grouped(
            "gram_f32", typeof(GramKernels), nameof(GramKernels.Accumulate), "t(t+1)/2 groups with t = ceil(cols / 128)",
            "gram += XᵀX over count tokens from first on, tiles on and below the diagonal; float32 products, float64 sums.",
            "X, tokens x cols, row-major, beginning at a multiple of 16 bytes", "first token", "number of tokens; 256 keep the float32 sums short",
                "columns of X",
            "gram, cols x cols, row-major"),
        OnTensorCores("gram_tf32", nameof(TensorGramKernels.AccumulateTf32), "tf32"),
        OnTensorCores("gram_bf16", nameof(TensorGramKernels.AccumulateBf16), "bf16"),
        Single(
            "gram_plain", typeof(GramKernels), nameof(GramKernels.AccumulatePlain), "cols² lanes",
                "The same as gram_f32, where groups of 256 lanes cannot be had.",
            "cols²", "X, tokens x cols, row-major", "first token", "number of tokens; 256 keep the float32 sums short", "columns of X",
                "gram, cols x cols, row-major"),
        Grouped(
            "gram_mirror", typeof(GramKernels), nameof(GramKernels.Mirror), "t(t+1)/2 groups with t = ceil(cols / 64)",
                "Copies the lower half of a Gram to the upper one.",
            "gram, cols x cols, row-major", "columns"),
        Grouped(
            "cross_f32", typeof(CrossKernels), nameof(CrossKernels.Accumulate), "ceil(rows / 128) · ceil(cols / 128) groups",
            "moment += YᵀX over count tokens from first on; float32 products, float64 sums.",
            "Y, tokens x rows, row-major, beginning at a multiple of 16 bytes", "columns of Y; rows of the moment",
                "X, tokens x cols, row-major, beginning at a multiple of 16 bytes", "columns of X", "first token",
                "number of tokens; 256 keep the float32 sums short", "moment, rows x cols, row-major"),
        Single(
            "cross_plain", typeof(CrossKernels), nameof(CrossKernels.AccumulatePlain), "rows · cols lanes",
                "The same as cross_f32, where groups of 256 lanes cannot be had.",
            "rows · cols", "Y, tokens x rows, row-major", "columns of Y; rows of the moment", "X, tokens x cols, row-major", "columns of X", "first token",
                "number of tokens; 256 keep the float32 sums short", "moment, rows x cols, row-major"),
        Grouped(
            "product_f64", typeof(ProductKernels), nameof(ProductKernels.Multiply), "ceil(m / (4 side)) · ceil(n / (4 side)) groups",
            "C = alpha A B + beta C; element (lane, depth) of an operand lies at lane · laneStep + depth · depthStep.",
            "A, its lanes being rows", "B, its lanes being columns", "C, row-major", "elements from one row of C to the next", "rows of C", "columns of C",
                "depth",
            "factor of the product", "factor of the old C; with 0 it is not read", "root of the lanes of a group: 16"),
        Grouped(
            "product_f32", typeof(FloatProductKernels), nameof(FloatProductKernels.Multiply), "ceil(m / 128) · ceil(n / 128) groups",
            "C = alpha A B + beta C; element (lane, depth) of an operand lies at lane · laneStep + depth · depthStep, one of its steps being 1.",
            "A, its lanes being rows, beginning at a multiple of 16 bytes", "B, its lanes being columns, beginning at a multiple of 16 bytes", "C, row-major",
            "elements from one row of C to the next", "rows of C", "columns of C", "depth", "factor of the product",
                "factor of the old C; with 0 it is not read"),
        Grouped(
            "gather_row_blocks", typeof(BlockGatherKernels), nameof(BlockGatherKernels.RowBlocks), "number of blocks · width groups",
            "Copies blocks of rows: row r of target is row blocks[r / width] · width + r % width of source.",
            "source, rows x cols, row-major", "columns", "blocks wanted, in order", "rows of a block", "target, number of blocks · width x cols, row-major"),
        Grouped(
            "gather_column_blocks", typeof(BlockGatherKernels), nameof(BlockGatherKernels.ColumnBlocks), "rows groups",
            "Copies blocks of columns: column c of target is column blocks[c / width] · width + c % width of source.",
            "source, rows x cols, row-major", "columns of source", "blocks wanted, in order", "columns of a block", "target, rows x targetCols, row-major",
            "number of blocks · width"),
        Grouped(
            "cholesky_diagonal", typeof(CholeskyKernels), nameof(CholeskyKernels.Diagonal), "1 group",
                "Factors a diagonal block of at most 32 rows and inverts the factor.",
            "A, row-major", "elements from one row to the next", "first row of the block", "rows of the block", "inverses, rows of 32",
                "first bad pivot plus one; 0 before the call"),
        Single(
            "copy_scaled", typeof(CholeskyKernels), nameof(CholeskyKernels.CopyScaled), "rows · cols lanes", "target = scale · source.",
            "rows · cols", "source", "elements from one row of source to the next", "target", "elements from one row of target to the next", "columns",
                "factor"),
        Single(
            "clear_upper", typeof(CholeskyKernels), nameof(CholeskyKernels.ClearUpper), "n² lanes", "Sets what lies above the diagonal to zero.",
            "n²", "A, n x n, row-major", "rows"),
        Single(
            "elimination_diagonals", typeof(EliminationKernels), nameof(EliminationKernels.Diagonals), "n lanes", "Reads the diagonals of P and G.",
            "n", "P, n x n, row-major", "G, n x n, row-major", "rows", "diagonal of P", "diagonal of G"),
        Grouped(
            "elimination_choose", typeof(EliminationKernels), nameof(EliminationKernels.Choose), "1 group",
                "Finds the living channel of least G_jj / P_jj, of equal ones the lowest.",
            "diagonal of P", "diagonal of G", "1 for removed channels", "channels", "step", "pending removals", "order, written at step",
                "scores, written at step",
            "pivot and weight of each pending removal", "first unsound channel plus one; 0 before the call"),
        Single(
            "elimination_remove", typeof(EliminationKernels), nameof(EliminationKernels.Remove), "n lanes",
                "Appends the factors of the chosen channel and lowers the diagonals.",
            "n", "P, n x n, row-major", "G, n x n, row-major", "channels", "step", "pending removals", "removals in a block", "order",
                "pivot and weight of each pending removal",
            "factors: 4 blocks of rows h, c, h, c·p", "diagonal of P", "diagonal of G", "1 for removed channels"),
        Single(
            "elimination_arrange", typeof(EliminationKernels), nameof(EliminationKernels.Arrange), "n² lanes",
                "L⁻¹ with the survivors first, from the rows that the removals left in P.",
            "n²", "P, n x n, row-major", "order", "channels", "number of dead channels", "L⁻¹, n x n, row-major"),
        Single(
            "gather_rows", typeof(GatherKernels), nameof(GatherKernels.Rows), "rows · cols lanes", "target = source[indices, :].",
            "elements of target", "source, row-major", "elements from one row of source to the next", "rows wanted, in order", "columns of target",
                "target, row-major"),
        Single(
            "gather_columns", typeof(GatherKernels), nameof(GatherKernels.Columns), "rows · cols lanes", "target = source[:, indices].",
            "elements of target", "source, row-major", "elements from one row of source to the next", "columns wanted, in order", "columns of target",
                "target, row-major"),
        Single(
            "column_dots", typeof(GroupKernels), nameof(GroupKernels.ColumnDots), "cols lanes",
            "Dots of the columns of A with those of B; their sum is tr(A·B) of symmetric ones.",
            "cols", "A, rows x cols, row-major", "B, rows x cols, row-major", "rows", "columns", "dot of each pair of columns"),
        Single(
            "widen_f16", typeof(LentKernels), nameof(LentKernels.WidenHalf), "length lanes", "Numbers in half precision become float32; none is rounded.",
            "length", "the bits of each number", "the same number's bits in float32"),
        Single(
            "widen_bf16", typeof(LentKernels), nameof(LentKernels.WidenBrain), "length lanes", "Numbers in bfloat16 become float32.",
            "length", "the bits of each number", "the same number's bits in float32"),
        Single(
            "column_sums", typeof(LentKernels), nameof(LentKernels.ColumnSums), "cols lanes", "sums += the columns of X, row after row in float64.",
            "cols", "X, count x cols, row-major", "rows of X", "columns of X", "sum of each column"),
    ];

    private static KernelEntry OnTensorCores(string name, string method, string format) =>
        Grouped(
            name, typeof(TensorGramKernels), method, "t(t+1)/2 groups with t = ceil(cols / 128)",
            $"The same as gram_f32 with X rounded to {format} and multiplied by tensor cores; needs sm_80 or later.",
            "X, tokens x cols, row-major, beginning at a multiple of 16 bytes", "first token", "number of tokens; 256 keep the float32 sums short",
                "columns of X",
            "gram, cols x cols, row-major") with
        { TensorCores = true };

    private static KernelEntry Grouped(string name, Type type, string method, string grid, string purpose, params string[] meanings) =>
        Entry(name, type, method, Grouping.Groups, grid, purpose, meanings);

    private static KernelEntry Single(string name, Type type, string method, string grid, string purpose, params string[] meanings) =>
        Entry(name, type, method, Grouping.PerElement, grid, purpose, meanings);

    private static KernelEntry Entry(string name, Type type, string methodName, Grouping grouping, string grid, string purpose, string[] meanings)
    {
        var method = type.GetMethod(methodName, BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic)
            ?? throw new MissingMethodException(type.FullName, methodName);
        var parameters = method.GetParameters();
        if (parameters.Length != meanings.Length)
            throw new InvalidOperationException($"Kernel {name} takes {parameters.Length} parameters, and {meanings.Length} are described.");
        return new(name, method, FloatTile.Lanes, grouping, grid, purpose, [.. parameters.Zip(meanings, KernelParameter.Of)]);
    }
}
