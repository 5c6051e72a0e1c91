namespace ForgePrune.Tests.Tokens;

/// <summary>A folder that goes away with the test.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    private readonly string path = Directory.CreateTempSubdirectory("forgeprune-tokens-").FullName;

    public string Write(string name, string text) => Write(name, System.Text.Encoding.UTF8.GetBytes(text));

    public string Write(string name, byte[] bytes)
    {
        File.WriteAllBytes(this[name], bytes);
        return this[name];
    }

    public string this[string name] => Path.Combine(path, name);

    public string[] Files => Directory.GetFiles(path);

    public void Dispose() => Directory.Delete(path, recursive: true);
}
