using ForgePrune.Kernels.Gpu;

if (args is not [var folder, var target])
{
    Console.Error.WriteLine("usage: PtxExport FOLDER TARGET");
    return 2;
}
// The folder is an intermediate one of the build: what an earlier build left there is replaced.
if (Directory.Exists(folder))
    Directory.Delete(folder, recursive: true);
PtxExport.Write(folder, target);
return 0;
