using ForgePrune.Tokens;

namespace ForgePrune.Tests;

public sealed class TokenWindowsTests
{
    [Test]
    public void Slices_keep_their_rows()
    {
        var windows = new TokenWindows(3, [1, 2, 3, 4, 5, 6, 7, 8, 9]);
        Assert.That(windows.Slice(1, 2).Window(1).ToArray(), Is.EqualTo(new[] { 7, 8, 9 }));
    }

    [Test]
    public void Ragged_rows_are_refused() => Assert.That(() => new TokenWindows(3, [1, 2, 3, 4]), Throws.ArgumentException);
}
