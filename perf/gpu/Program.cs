return ForgePrune.GpuPerf.GpuRun.Start(args);
