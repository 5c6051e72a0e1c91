using ForgePrune.Testing;

namespace ForgePrune.Kernels.Gpu.Tests.Ptx;

/// <summary>No driver's assembler is needed to see whether a kernel keeps more values at once than a lane has registers.</summary>
public sealed class LivenessTests
{
    private const string Declarations = ".reg .pred %p<4>;\n.reg .b32 %r<10>;\n.reg .b64 %rd<4>;\n.reg .f32 acc<4>;\n";

    [TestCase("ret;", 0, 0)]
    [TestCase("ld.param.b32 %r1, [x];\nst.b32 [%rd1], %r1;\nret;", 3, 0, TestName = "An_address_takes_two")]
    [TestCase("mov.b32 %r1, 1;\nmov.b32 %r2, 2;\nadd.s32 %r3, %r1, %r2;\nmov.b32 %r1, %r3;\nadd.s32 %r1, %r1, %r1;\nret;", 2, 0, TestName = "A_value_ends_with_its_last_reader")]
    [TestCase("ld.v4.f32 {acc0, acc1, acc2, acc3}, [%rd1];\nst.v4.f32 [%rd1], {acc0, acc1, acc2, acc3};\nret;", 6, 0, TestName = "Four_at_once")]
    [TestCase("mov.b32 %r1, 0;\nmov.b32 %r2, 9;\nL:\nadd.s32 %r1, %r1, 1;\nsetp.lt.s32 %p1, %r1, %r2;\n@%p1 bra L;\nbra.uni M;\nM:\nmov.b32 %r4, %r5;\nret;", 3, 1, TestName = "Alive_around_a_loop")]
    [TestCase("mov.b32 %r1, 1;\nsetp.eq.s32 %p1, %r1, 0;\nmov.b32 %r2, 5;\n@!%p1 mov.b32 %r2, %r3;\nst.shared.b32 [%r1], %r2;\nret;", 3, 1, TestName = "A_guarded_write_keeps_the_old_value")]
    public void Small_programs_are_counted_by_hand(string code, int registers, int predicates)
    {
        var live = PtxLiveness.Of($".visible .entry toy()\n{{\n{Declarations}{code}\n}}\n");
        Assert.That((live.Registers, live.Predicates), Is.EqualTo((registers, predicates)));
    }

    // A lane has 255 registers on sm_80 and sm_90, and groups of 256 lanes have room for 256 each (CUDA C++ Programming Guide, compute capabilities). What
    // the assembler adds for divisions, roots and its own order must fit into the rest: a quarter is left free here.
    [TestCaseSource(nameof(Kept))]
    public void No_kernel_keeps_more_alive_than_a_lane_has_registers(string name)
    {
        var text = File.ReadAllText(Path.Combine(Folder, name + ".ptx"));
        var live = PtxLiveness.Of(text);
        TestContext.Out.WriteLine($"{name}: {live.Registers} registers, {live.Predicates} predicates");
        Assert.That(live.Registers, Is.InRange(1, 255 * 3 / 4));
        Assert.That(live.Predicates, Is.LessThanOrEqualTo(7));
        Assert.That(text, Does.Not.Contain(".local"));
    }

    private static string Folder => Path.Combine(Shared.Root, "kernels", "ForgePrune.Kernels.Gpu", "ptx", "sm_80");

    private static IEnumerable<string?> Kept => Directory.GetFiles(Folder, "*.ptx").Select(Path.GetFileNameWithoutExtension).Order(StringComparer.Ordinal);
}
