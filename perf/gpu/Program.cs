#if ILGPU
return ForgePrune.GpuPerf.GpuRun.Start(args);
#else
Console.Error.WriteLine("This build has no GPU kernels, because NuGet lacked ILGPU: nothing was measured.");
return 3;
#endif
