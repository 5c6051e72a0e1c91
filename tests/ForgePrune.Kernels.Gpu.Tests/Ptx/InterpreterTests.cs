namespace ForgePrune.Kernels.Gpu.Tests.Ptx;

/// <summary>The interpreter itself: a kernel whose answers are known from elsewhere, and the layouts that it takes from the PTX ISA.</summary>
public sealed class InterpreterTests
{
    [TestCase(5, 3)]
    [TestCase(17, 130)]
    [Category("Slow")]
    public void The_kernel_of_float32_gives_the_float64_gram(int tokens, int cols)
    {
        var x = Kernels.Tests.Made.Floats(Kernels.Tests.Made.Random(tokens + cols), tokens * cols);
        var expected = new double[cols * cols];
        GramReference.AccumulateCross(x, cols, cols, x, cols, cols, tokens, expected, cols);
        var actual = InterpretedGram.Add(InterpretedGram.Program("gram_f32"), x, 0, tokens, cols, new double[cols * cols]);
        for (var row = 0; row < cols; row++)
            for (var col = 0; col <= row; col++)
                // Float32 sums of so many terms below 1, each step off by at most ε/2 of their number.
                Assert.That(actual[row * cols + col], Is.EqualTo(expected[row * cols + col]).Within(Kernels.Tests.Made.FloatEpsilon * tokens * tokens));
    }

    // Identities as either operand: an element that no lane held, or two, would show.
    [TestCase("mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32", 8, 1)]
    [TestCase("mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32", 16, 2)]
    public void A_product_adds_a_lane_s_share_of_every_element(string instruction, int depth, int inRegister)
    {
        var core = TensorCore.Find(instruction);
        var one = BitConverter.SingleToUInt32Bits(1);
        var ones = inRegister == 1 ? one : one | one >> 16;
        uint[] a = [.. Enumerable.Repeat(ones, 32 * 4)], b = [.. Enumerable.Repeat(ones, 32 * 2)];
        var c = Enumerable.Range(0, 32 * 4).Select(i => (float)i).ToArray();
        Assert.That(core.Multiply(a, b, c), Is.EqualTo(c.Select(value => value + depth)));
    }

    [Test]
    public void An_instruction_that_is_not_known_is_named() =>
        Assert.That(() => PtxProgram.Parse(".visible .entry k(\n)\n{\n\tlop3.b32\t%r1, %r2, %r3, %r4, 5;\n}"),
            Throws.TypeOf<NotSupportedException>().With.Message.Contains("lop3"));

    [Test]
    public void An_address_beside_its_memory_is_a_fault()
    {
        var memory = new PtxMemory();
        var start = memory.Put<float>([1, 2]);
        Assert.That(memory.At(start + 4, 4).Length, Is.EqualTo(4));
        Assert.That(() => memory.At(start + 8, 4).Length, Throws.TypeOf<PtxFault>().With.Message.Contains("no memory"));
        Assert.That(() => memory.At(start + 2, 4).Length, Throws.TypeOf<PtxFault>().With.Message.Contains("no multiple"));
    }
}
