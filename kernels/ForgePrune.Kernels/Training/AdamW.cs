using System.Numerics;

namespace ForgePrune.Kernels;

/// <summary>One step of AdamW: both moments, the weights and the decay that does not pass through them, in one pass.</summary>
/// <param name="Rate">Learning rate.</param>
/// <param name="Beta1">Decay of the mean.</param>
/// <param name="Beta2">Decay of the mean square.</param>
/// <param name="Epsilon">Added to the root.</param>
/// <param name="WeightDecay">Share of the rate that a weight loses of itself.</param>
/// <param name="Number">Number of this step, from 1: the moments start at zero, and early means are divided by 1 − βⁿ.</param>
/// <remarks>Loshchilov and Hutter, "Decoupled weight decay regularization" (2019), algorithm 2, with the rate as the schedule.</remarks>
public readonly unsafe record struct AdamW(double Rate, double Beta1, double Beta2, double Epsilon, double WeightDecay, int Number)
{
    private const int Piece = 1 << 15;

    /// <summary>Moves the weights and both moments; the gradient is left at zero, ready for the next sums.</summary>
    /// <param name="weights">Weights of any shape, as one vector; changed.</param>
    /// <param name="gradient">Gradient, as many elements; set to zero.</param>
    /// <param name="means">Running means of the gradient, as many elements; changed.</param>
    /// <param name="squares">Running means of its square, as many elements; changed.</param>
    /// <param name="threads">Number of threads; 0 means all processors. The result does not depend on it.</param>
    /// <param name="gradientScale">Factor of the gradient, such as <see cref="GradientNorm.Clip"/> gives.</param>
    /// <exception cref="ArgumentException">A vector is shorter than the weights.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The number of the step is below 1, or that of the threads below 0.</exception>
    public void Apply(Span<float> weights, Span<float> gradient, Span<float> means, Span<float> squares, int threads, float gradientScale = 1)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(Number, 1);
        Shape.Require<float>(gradient, 1, weights.Length, weights.Length);
        Shape.Require<float>(means, 1, weights.Length, weights.Length);
        Shape.Require<float>(squares, 1, weights.Length, weights.Length);
        fixed (float* w = weights, g = gradient, m = means, v = squares)
            Run(Factors.Of(this, gradientScale), w, g, m, v, weights.Length, threads);
    }

    private static void Run(Factors f, float* weights, float* gradient, float* means, float* squares, int length, int threads) =>
        Workers.For((length + Piece - 1) / Piece, threads, piece =>
        {
            nint i = (nint)piece * Piece, end = Math.Min(length, i + Piece);
            for (; i <= end - Vector<float>.Count; i += Vector<float>.Count)
            {
                var g = Vector.Load(gradient + i) * f.Gradient;
                var m = Vector.Load(means + i) * f.Beta1 + g * f.Rest1;
                var v = Vector.Load(squares + i) * f.Beta2 + g * g * f.Rest2;
                m.Store(means + i);
                v.Store(squares + i);
                (Vector.Load(weights + i) * f.Keep - m * f.Step / (Vector.SquareRoot(v * f.Square) + new Vector<float>(f.Epsilon))).Store(weights + i);
                Vector<float>.Zero.Store(gradient + i);
            }

            for (; i < end; i++)
            {
                var g = gradient[i] * f.Gradient;
                means[i] = means[i] * f.Beta1 + g * f.Rest1;
                squares[i] = squares[i] * f.Beta2 + g * g * f.Rest2;
                weights[i] = weights[i] * f.Keep - means[i] * f.Step / (MathF.Sqrt(squares[i] * f.Square) + f.Epsilon);
                gradient[i] = 0;
            }
        });

    /// <summary>What the loop multiplies by, rounded once.</summary>
    /// <param name="Step">Rate over 1 − β₁ⁿ.</param>
    /// <param name="Square">1 over 1 − β₂ⁿ.</param>
    /// <param name="Keep">1 − rate · decay.</param>
    private readonly record struct Factors(float Gradient, float Beta1, float Rest1, float Beta2, float Rest2, float Step, float Square, float Epsilon,
        float Keep)
    {
        public static Factors Of(AdamW step, float gradientScale) => new(
            gradientScale, (float)step.Beta1, (float)(1 - step.Beta1), (float)step.Beta2, (float)(1 - step.Beta2),
            (float)(step.Rate / (1 - Math.Pow(step.Beta1, step.Number))), (float)(1 / (1 - Math.Pow(step.Beta2, step.Number))),
            (float)step.Epsilon, (float)(1 - step.Rate * step.WeightDecay));
    }
}
