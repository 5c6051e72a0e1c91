using ForgePrune.Onnx.Tests;

// The test project is also a program: some tests look at a process from outside and start this one.
return args is ["telemetry"] ? TelemetryTests.Child() : 2;
