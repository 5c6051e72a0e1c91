using ForgePrune.Model;

namespace ForgePrune.Search;

/// <summary>The plans that measured prices lead to, before any of them is measured. All go into one call: plans share dense layers, and where a layer's factor
/// is costly it is made once for all of them.</summary>
/// <param name="Table">The prices of every level.</param>
/// <param name="Named">The plans as level indices: the uniform one where it fits, that of dynamic programming, and its alternatives.</param>
/// <param name="Different">Those that differ from each other and from the dense plan.</param>
/// <param name="Exact">Whether the dynamic programming found the optimum for its prices.</param>
internal sealed record FirstPlans(PriceTable Table, IReadOnlyList<(string Name, int[] Indices)> Named, IReadOnlyList<Plan> Different, bool Exact);
