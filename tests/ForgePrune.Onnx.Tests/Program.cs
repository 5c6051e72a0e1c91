using ForgePrune.Onnx.Tests;
using ForgePrune.Onnx.Tests.Forward;

// The test project is also a program: some tests look at a process from outside and start this one.
return args switch
{
    ["telemetry"] => TelemetryTests.Child(),
    ["denormals", var first] => BlockThreadTests.Child(first),
    _ => 2,
};
