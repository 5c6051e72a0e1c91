using ForgePrune.IO;
using ForgePrune.Testing;

namespace ForgePrune.Tests.IO;

public sealed class WriteErrorsTests
{
    [Test]
    public void A_file_that_is_open_elsewhere_is_held()
    {
        using var folder = new TemporaryFolder();
        using var holder = new FileStream(folder["lock"], FileMode.Create, FileAccess.ReadWrite, FileShare.None);
        var fault = Assert.Throws<IOException>(() => new FileStream(folder["lock"], FileMode.Open, FileAccess.ReadWrite, FileShare.None).Dispose());
        Assert.That(WriteErrors.IsHeld(fault!), Is.True);
    }

    // EROFS, ENOSPC, and EIO: .NET has no type of their own for them, nor for a file that is held.
    [TestCase(30)]
    [TestCase(28)]
    [TestCase(5)]
    public void A_file_that_the_disk_refuses_is_held_by_nobody(int error) =>
        Assert.That(WriteErrors.IsHeld(new IOException("as the system says it", error)), Is.False);
}
