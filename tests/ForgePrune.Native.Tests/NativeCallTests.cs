using System.Text.RegularExpressions;

namespace ForgePrune.Native.Tests;

/// <summary>What crosses the border: names, versions, statuses and sentences, and never an exception.</summary>
public sealed unsafe partial class NativeCallTests
{
    private const int Ok = 0, InvalidArgument = 1, NotPositiveDefinite = 2, NotFinite = 3;

    private static readonly double[] Unit = [1, 0, 0, 1];

    [Test]
    public void The_header_declares_what_the_library_exports()
    {
        var declared = Function().Matches(Header()).Select(match => match.Value).ToHashSet();
        var exported = Commands.Run(".", "nm", "-D", "--defined-only", Library.File).Split('\n')
            .Select(line => Function().Match(line.Replace("@@V1.0", "(", StringComparison.Ordinal)).Value).Where(name => name.Length > 0).ToHashSet();
        Assert.That(exported, Is.EquivalentTo(declared));
        Assert.That(declared, Has.Count.GreaterThan(10));
    }

    [Test]
    public void The_header_carries_the_version_of_the_library()
    {
        uint Part(string name) => uint.Parse(Regex.Match(Header(), $@"FP_VERSION_{name} (\d+)").Groups[1].Value);
        Assert.That(((delegate* unmanaged<uint>)Library.Export("fp_version"))(), Is.EqualTo(Part("MAJOR") << 16 | Part("MINOR") << 8 | Part("PATCH")));
    }

    [TestCase(2, 2, 2, true, Ok, "")]
    [TestCase(-1, 2, 2, true, InvalidArgument, "the rows of x is -1")]
    [TestCase(2, -3, 2, true, InvalidArgument, "the columns of x is -3")]
    [TestCase(2, 2, 1, true, InvalidArgument, "stride of 1, below its 2 columns")]
    [TestCase(2, 2, 2, false, InvalidArgument, "null pointer")]
    [TestCase(long.MaxValue, 2, long.MaxValue, true, InvalidArgument, "verflow")]
    [TestCase(1L << 40, 2, 2, true, InvalidArgument, "split the matrix")]
    [TestCase(0, 2, 2, false, Ok, "")]
    [Category("Slow")]
    public void A_gram_of_impossible_shape_is_a_status_and_a_sentence(long tokens, long cols, long stride, bool there, int expected, string said)
    {
        var gram = (delegate* unmanaged<double*, long, long, long, double*, long, int, int>)Library.Export("fp_gram_f64");
        var result = new double[4];
        fixed (double* x = Unit, target = result)
            Assert.That(gram(there ? x : null, tokens, cols, stride, target, 2, 1), Is.EqualTo(expected));
        if (expected != Ok)
            Assert.That(Library.LastError, Does.Contain(said));
    }

    [Test]
    [Category("Slow")]
    public void A_matrix_that_cannot_be_inverted_says_where()
    {
        var invert = (delegate* unmanaged<double*, long, long, int, int>)Library.Export("fp_spd_inverse");
        fixed (double* a = (double[])[1, 0, 0, -1])
            Assert.That(invert(a, 2, 2, 1), Is.EqualTo(NotPositiveDefinite));
        Assert.That(Library.LastError, Does.Contain("1"));
    }

    [Test]
    public void Weights_that_are_no_numbers_are_told_apart()
    {
        var eliminate = (delegate* unmanaged<double*, double*, long, long, byte*, int*, double*, int, int>)Library.Export("fp_eliminate_channels");
        var (order, scores) = (new int[2], new double[2]);
        fixed (double* p = (double[])Unit.Clone(), g = (double[])[double.NaN, 0, 0, double.NaN], s = scores)
        fixed (int* o = order)
            Assert.That(eliminate(p, g, 2, 2, null, o, s, 1), Is.EqualTo(NotFinite));
        Assert.That(Library.LastError, Does.Contain("NaN"));
    }

    [Test]
    public void Dead_columns_go_first_whatever_byte_says_so()
    {
        var eliminate = (delegate* unmanaged<double*, double*, long, long, byte*, int*, double*, int, int>)Library.Export("fp_eliminate_channels");
        var (order, scores) = (new int[2], new double[2]);
        fixed (double* p = (double[])Unit.Clone(), g = (double[])[1, 0, 0, 4], s = scores)
        fixed (int* o = order)
        fixed (byte* dead = (byte[])[0, 255])
            Assert.That(eliminate(p, g, 2, 2, dead, o, s, 1), Is.EqualTo(Ok));
        Assert.That((order, scores), Is.EqualTo((new[] { 1, 0 }, new[] { 0.0, 1.0 })));
    }

    [Test]
    public void Groups_are_removed_whole()
    {
        var eliminate = (delegate* unmanaged<double*, double*, long, long, int*, double*, int, int>)Library.Export("fp_eliminate_groups");
        double[] p = new double[16], g = new double[16];
        for (var i = 0; i < 4; i++)
            (p[i * 5], g[i * 5]) = (1, i < 2 ? 5 : 2);
        var (order, scores) = (new int[2], new double[2]);
        fixed (double* pp = p, pg = g, s = scores)
        fixed (int* o = order)
            Assert.That(eliminate(pp, pg, 4, 2, o, s, 1), Is.EqualTo(Ok));
        Assert.That((order, scores), Is.EqualTo((new[] { 1, 0 }, new[] { 4.0, 10.0 })));
    }

    [Test]
    public void Products_and_gathers_take_strides()
    {
        var product = (delegate* unmanaged<int, int, long, long, long, double, double*, long, double*, long, double, double*, long, int, int>)Library
            .Export("fp_product_f64");
        var gather = (delegate* unmanaged<float*, long, long, long, long, int*, long, float*, long, int>)Library.Export("fp_gather_columns_f32");
        var c = new double[6];
        fixed (double* a = (double[])[1, 2, 9, 3, 4, 9], b = Unit, target = c)
            Assert.That(product(1, 0, 2, 2, 2, 2.0, a, 3, b, 2, 0.0, target, 3, 1), Is.EqualTo(Ok));
        Assert.That(c, Is.EqualTo(new double[] { 2, 6, 0, 4, 8, 0 }));
        var taken = new float[4];
        fixed (float* source = (float[])[1, 2, 3, 4, 5, 6], to = taken)
        fixed (int* blocks = (int[])[2, 0])
            Assert.That(gather(source, 2, 3, 3, 1, blocks, 2, to, 2), Is.EqualTo(Ok));
        Assert.That(taken, Is.EqualTo(new float[] { 3, 1, 6, 4 }));
    }

    [Test]
    public void A_null_handle_and_a_curve_of_another_length_are_refused()
    {
        var errors = (delegate* unmanaged<nint, double*, long, int>)Library.Export("fp_levels_errors");
        var make = (delegate* unmanaged<double*, long, long, double*, long, long, int*, int, nint*, int>)Library.Export("fp_levels_from_weights");
        var free = (delegate* unmanaged<nint, void>)Library.Export("fp_levels_free");
        Assert.That(errors(0, null, 0), Is.EqualTo(InvalidArgument));
        free(0);
        nint levels;
        fixed (double* h = Unit, w = (double[])[3, 4])
        fixed (int* order = (int[])[1, 0])
            Assert.That(make(h, 2, 2, w, 1, 2, order, 1, &levels), Is.EqualTo(Ok));
        var curve = new double[3];
        fixed (double* target = curve)
        {
            Assert.That(errors(levels, target, 2), Is.EqualTo(InvalidArgument));
            Assert.That(Library.LastError, Does.Contain("the curve has 3"));
            Assert.That(errors(levels, target, 3), Is.EqualTo(Ok));
        }
        Assert.That(curve, Is.EqualTo(new double[] { 25, 9, 0 }));
        free(levels);
    }

    [Test]
    public void The_factor_that_a_removal_leaves_behind_makes_the_levels()
    {
        var eliminate = (delegate* unmanaged<double*, double*, long, long, byte*, int*, double*, int, int>)Library.Export("fp_eliminate_channels");
        var make = (delegate* unmanaged<double*, long, double*, long, long, long, int*, long, double*, int, nint*, int>)Library
            .Export("fp_levels_from_inverse");
        var errors = (delegate* unmanaged<nint, double*, long, int>)Library.Export("fp_levels_errors");
        var free = (delegate* unmanaged<nint, void>)Library.Export("fp_levels_free");
        // H = I, W = (3, 4): what is lost is the square of what goes, the smaller first.
        var (p, order, scores, curve) = ((double[])Unit.Clone(), new int[2], new double[2], new double[3]);
        nint levels;
        fixed (double* inverse = p, gram = (double[])[9, 12, 12, 16], moment = (double[])[3, 4], s = scores, c = curve)
        fixed (int* o = order)
        {
            Assert.That(eliminate(inverse, gram, 2, 2, null, o, s, 1), Is.EqualTo(Ok));
            Array.Reverse(order);
            Assert.That(make(inverse, 2, moment, 1, 2, 2, o, 2, null, 1, &levels), Is.EqualTo(Ok));
            Assert.That(errors(levels, c, 3), Is.EqualTo(Ok));
            free(levels);
            Assert.That(make(null, 2, moment, 1, 2, 2, o, 2, null, 1, &levels), Is.EqualTo(InvalidArgument));
        }
        Assert.That(order, Is.EqualTo(new[] { 1, 0 }));
        Assert.That(curve, Is.EqualTo(new double[] { 25, 9, 0 }));
    }

    [TestCase("fp_gram_f16", 0x3E00, 0xC000)] // 1.5 and -2
    [TestCase("fp_gram_bf16", 0x3FC0, 0xC000)]
    public void Grams_take_sixteen_bits(string name, int first, int second)
    {
        var gram = (delegate* unmanaged<ushort*, long, long, long, double*, long, int, int>)Library.Export(name);
        var result = new double[4];
        fixed (ushort* x = (ushort[])[(ushort)first, (ushort)second])
        fixed (double* target = result)
            Assert.That(gram(x, 1, 2, 2, target, 2, 1), Is.EqualTo(Ok));
        Assert.That(result, Is.EqualTo(new[] { 2.25, -3, -3, 4 }));
    }

    [Test]
    public void Each_thread_keeps_its_own_sentence()
    {
        var gram = (delegate* unmanaged<double*, long, long, long, double*, long, int, int>)Library.Export("fp_gram_f64");
        var said = new string[16];
        var threads = Enumerable.Range(0, said.Length).Select(number => new Thread(() =>
        {
            for (var round = 0; round < 200; round++)
            {
                _ = gram(null, -1 - number, 1, 1, null, 1, 1);
                said[number] = Library.LastError;
                if (!said[number].Contains($"is {-1 - number} ", StringComparison.Ordinal))
                    return;
            }
        })).ToArray();
        Array.ForEach(threads, thread => thread.Start());
        Array.ForEach(threads, thread => thread.Join());
        for (var number = 0; number < said.Length; number++)
            Assert.That(said[number], Does.Contain($"is {-1 - number} "));
    }

    private static string Header() => File.ReadAllText(Commands.Project("include/forgeprune.h"));

    [GeneratedRegex(@"\bfp_\w+(?=\()")]
    private static partial Regex Function();
}
