namespace ForgePrune.Kernels.Gpu;

/// <summary>The inline PTX of <see cref="TensorTile"/>: 64 sums acc0 … acc63 of a lane, of which piece (i, j) of 16 × 8 has those from 4 · (4 i + j)
/// on.</summary>
/// <remarks>
/// The sums are registers of PTX that ILGPU does not know: what inline PTX returns would pass through memory in every step. ILGPU takes only literals here.
/// </remarks>
internal static class TensorAssembly
{
    // Four words of each piece of the left operand, two of each piece of the right one.
    private const string A0 = " {%0, %1, %2, %3},", A1 = " {%4, %5, %6, %7},", A2 = " {%8, %9, %10, %11},", A3 = " {%12, %13, %14, %15},";
    private const string B0 = " {%16, %17},", B1 = " {%18, %19},", B2 = " {%20, %21},", B3 = " {%22, %23},";

    private const string C00 = " {acc0, acc1, acc2, acc3}", C01 = " {acc4, acc5, acc6, acc7}";
    private const string C02 = " {acc8, acc9, acc10, acc11}", C03 = " {acc12, acc13, acc14, acc15}";
    private const string C10 = " {acc16, acc17, acc18, acc19}", C11 = " {acc20, acc21, acc22, acc23}";
    private const string C12 = " {acc24, acc25, acc26, acc27}", C13 = " {acc28, acc29, acc30, acc31}";
    private const string C20 = " {acc32, acc33, acc34, acc35}", C21 = " {acc36, acc37, acc38, acc39}";
    private const string C22 = " {acc40, acc41, acc42, acc43}", C23 = " {acc44, acc45, acc46, acc47}";
    private const string C30 = " {acc48, acc49, acc50, acc51}", C31 = " {acc52, acc53, acc54, acc55}";
    private const string C32 = " {acc56, acc57, acc58, acc59}", C33 = " {acc60, acc61, acc62, acc63}";

    private const string End = ";\n\t";
    private const string P00 = C00 + "," + A0 + B0 + C00 + End, P01 = C01 + "," + A0 + B1 + C01 + End;
    private const string P02 = C02 + "," + A0 + B2 + C02 + End, P03 = C03 + "," + A0 + B3 + C03 + End;
    private const string P10 = C10 + "," + A1 + B0 + C10 + End, P11 = C11 + "," + A1 + B1 + C11 + End;
    private const string P12 = C12 + "," + A1 + B2 + C12 + End, P13 = C13 + "," + A1 + B3 + C13 + End;
    private const string P20 = C20 + "," + A2 + B0 + C20 + End, P21 = C21 + "," + A2 + B1 + C21 + End;
    private const string P22 = C22 + "," + A2 + B2 + C22 + End, P23 = C23 + "," + A2 + B3 + C23 + End;
    private const string P30 = C30 + "," + A3 + B0 + C30 + End, P31 = C31 + "," + A3 + B1 + C31 + End;
    private const string P32 = C32 + "," + A3 + B2 + C32 + End, P33 = C33 + "," + A3 + B3 + C33 + End;

    private const string T = "mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32", H = "mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32";

    /// <summary>All 16 products of a slice of tf32: operands 0 to 15 of the left one, 16 to 23 of the right one.</summary>
    public const string AddTf32 =
        T + P00 + T + P01 + T + P02 + T + P03 +
        T + P10 + T + P11 + T + P12 + T + P13 +
        T + P20 + T + P21 + T + P22 + T + P23 +
        T + P30 + T + P31 + T + P32 + T + P33;

    /// <summary>The same of a slice of bf16.</summary>
    public const string AddBf16 =
        H + P00 + H + P01 + H + P02 + H + P03 +
        H + P10 + H + P11 + H + P12 + H + P13 +
        H + P20 + H + P21 + H + P22 + H + P23 +
        H + P30 + H + P31 + H + P32 + H + P33;

    // The rest of one move to zero and the beginning of the next.
    private const string Z = ", 0f00000000;\n\tmov.f32 acc";

    /// <summary>Declares the sums, all zero.</summary>
    public const string Clear = ".reg .f32 acc<64>;\n\tmov.f32 acc" +
        "0" + Z + "1" + Z + "2" + Z + "3" + Z + "4" + Z + "5" + Z + "6" + Z + "7" + Z +
        "8" + Z + "9" + Z + "10" + Z + "11" + Z + "12" + Z + "13" + Z + "14" + Z + "15" + Z +
        "16" + Z + "17" + Z + "18" + Z + "19" + Z + "20" + Z + "21" + Z + "22" + Z + "23" + Z +
        "24" + Z + "25" + Z + "26" + Z + "27" + Z + "28" + Z + "29" + Z + "30" + Z + "31" + Z +
        "32" + Z + "33" + Z + "34" + Z + "35" + Z + "36" + Z + "37" + Z + "38" + Z + "39" + Z +
        "40" + Z + "41" + Z + "42" + Z + "43" + Z + "44" + Z + "45" + Z + "46" + Z + "47" + Z +
        "48" + Z + "49" + Z + "50" + Z + "51" + Z + "52" + Z + "53" + Z + "54" + Z + "55" + Z +
        "56" + Z + "57" + Z + "58" + Z + "59" + Z + "60" + Z + "61" + Z + "62" + Z + "63" + ", 0f00000000;";

    /// <summary>Gives the sums of the pieces (0, ·) to operands 0 to 15; those of the next pieces take their place.</summary>
    public const string NextRow =
        "mov.f32 %0, acc0;\n\tmov.f32 acc0, acc16;\n\tmov.f32 acc16, acc32;\n\tmov.f32 acc32, acc48;\n\t" +
        "mov.f32 %1, acc1;\n\tmov.f32 acc1, acc17;\n\tmov.f32 acc17, acc33;\n\tmov.f32 acc33, acc49;\n\t" +
        "mov.f32 %2, acc2;\n\tmov.f32 acc2, acc18;\n\tmov.f32 acc18, acc34;\n\tmov.f32 acc34, acc50;\n\t" +
        "mov.f32 %3, acc3;\n\tmov.f32 acc3, acc19;\n\tmov.f32 acc19, acc35;\n\tmov.f32 acc35, acc51;\n\t" +
        "mov.f32 %4, acc4;\n\tmov.f32 acc4, acc20;\n\tmov.f32 acc20, acc36;\n\tmov.f32 acc36, acc52;\n\t" +
        "mov.f32 %5, acc5;\n\tmov.f32 acc5, acc21;\n\tmov.f32 acc21, acc37;\n\tmov.f32 acc37, acc53;\n\t" +
        "mov.f32 %6, acc6;\n\tmov.f32 acc6, acc22;\n\tmov.f32 acc22, acc38;\n\tmov.f32 acc38, acc54;\n\t" +
        "mov.f32 %7, acc7;\n\tmov.f32 acc7, acc23;\n\tmov.f32 acc23, acc39;\n\tmov.f32 acc39, acc55;\n\t" +
        "mov.f32 %8, acc8;\n\tmov.f32 acc8, acc24;\n\tmov.f32 acc24, acc40;\n\tmov.f32 acc40, acc56;\n\t" +
        "mov.f32 %9, acc9;\n\tmov.f32 acc9, acc25;\n\tmov.f32 acc25, acc41;\n\tmov.f32 acc41, acc57;\n\t" +
        "mov.f32 %10, acc10;\n\tmov.f32 acc10, acc26;\n\tmov.f32 acc26, acc42;\n\tmov.f32 acc42, acc58;\n\t" +
        "mov.f32 %11, acc11;\n\tmov.f32 acc11, acc27;\n\tmov.f32 acc27, acc43;\n\tmov.f32 acc43, acc59;\n\t" +
        "mov.f32 %12, acc12;\n\tmov.f32 acc12, acc28;\n\tmov.f32 acc28, acc44;\n\tmov.f32 acc44, acc60;\n\t" +
        "mov.f32 %13, acc13;\n\tmov.f32 acc13, acc29;\n\tmov.f32 acc29, acc45;\n\tmov.f32 acc45, acc61;\n\t" +
        "mov.f32 %14, acc14;\n\tmov.f32 acc14, acc30;\n\tmov.f32 acc30, acc46;\n\tmov.f32 acc46, acc62;\n\t" +
        "mov.f32 %15, acc15;\n\tmov.f32 acc15, acc31;\n\tmov.f32 acc31, acc47;\n\tmov.f32 acc47, acc63;\n\t";
}
