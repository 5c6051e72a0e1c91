namespace ForgePrune.Model;

/// <summary>What the gate of an MLP block passes through.</summary>
public enum GateActivation
{
    /// <summary>x·σ(x).</summary>
    Silu,

    /// <summary>GELU in its approximation by tanh: ½·x·(1 + tanh(√(2/π)·(x + 0.044715·x³))).</summary>
    GeluTanh,
}
