namespace ForgePrune.Methods.Baselines;

/// <summary>What users are told about the simple methods that every other one should beat.</summary>
internal static class BaselineGuides
{
    private const string EqualShare = "The same share is removed in every layer. There is no refit.";

    private static readonly Paper Flap = new("Yongqi An, Xu Zhao, Tao Yu, Ming Tang, Jinqiao Wang",
        "Fluctuation-based Adaptive Structured Pruning for Large Language Models", 2023, "2312.11983");

    public static IReadOnlyList<MethodGuide> Pages { get; } =
    [
        new()
        {
            Name = "magnitude",
            Methods = ["magnitude"],
            Papers = [new("Hao Li, Asim Kadav, Igor Durdanovic, Hanan Samet, Hans Peter Graf", "Pruning Filters for Efficient ConvNets", 2016, "1608.08710")],
            Published = "Whole filters of convolutional networks are removed by the sum of their absolute weights, the smallest first.",
            Here = $"KV groups and FFN channels are removed by the L2 norm of their weights, the smallest first. {EqualShare}",
            Example = ["forgeprune prune ./MiniMind2 --out runs/magnitude --target 0.7", "--method magnitude"],
        },
        new()
        {
            Name = "wanda-sp",
            Methods = ["wanda-sp"],
            Papers =
            [
                new("Mingjie Sun, Zhuang Liu, Anna Bair, J. Zico Kolter",
                    "A Simple and Effective Pruning Approach for Large Language Models", 2023, "2306.11695"),
                Flap,
            ],
            Published = "Wanda scores single weights by |weight| times the norm of their input. The paper on FLAP makes structures of it, "
                + "under the name Wanda-sp.",
            Here = $"KV groups and FFN channels are removed by mean |weight| times the root mean square of their input, the smallest first. {EqualShare}",
            Example = ["forgeprune prune ./MiniMind2 --out runs/wanda --target 0.7", "--method wanda-sp"],
        },
        new()
        {
            Name = "flap",
            Methods = ["flap", "flap-global"],
            Papers = [Flap],
            Published = """
                Columns are scored by the variance of their input times their squared norm (WIFV). Scores are standardized for each layer and put into one
                pool for attention and MLP (AL-AM), and a bias makes up for the mean of what is removed.
                """,
            Here = "flap removes the same share in every layer; flap-global puts the standardized scores of all layers into one pool. There is no refit.",
            Differences = ["There is no bias for what is removed: a plain Llama checkpoint has no place for one."],
            Example = ["forgeprune prune ./MiniMind2 --out runs/flap --target 0.7", "--method flap-global"],
        },
        new()
        {
            Name = "block-influence",
            Methods = ["block-influence"],
            Papers =
            [
                new("Xin Men, Mingyu Xu, Qingyu Zhang, Bingning Wang, Hongyu Lin, Yaojie Lu, Xianpei Han, Weipeng Chen",
                    "ShortGPT: Layers in Large Language Models are More Redundant Than You Expect", 2024, "2403.03853"),
            ],
            Published = "Whole layers are removed by block influence, 1 − mean cos(residual stream before, after), the least first.",
            Here = "The same; shortgpt is another name for it. A model may end up well below its target, since layers are removed whole.",
            Example = ["forgeprune prune ./MiniMind2 --out runs/short --target 0.7", "--method shortgpt"],
        },
        new()
        {
            Name = "arithmetic",
            Methods = ["arithmetic"],
            Papers =
            [
                new("Weizhong Huang, Yuxin Zhang, Xiawu Zheng, Fei Chao, Rongrong Ji",
                    "Determining Layer-wise Sparsity for Large Language Models Through a Theoretical Perspective", 2025, "2502.14770"),
            ],
            Published = "Layer rates that rise from the first layer to the last by a common difference are found to be near the best; a few "
                + "trials choose the difference.",
            Here = """
                Nine differences, from none to the steepest that keeps all rates in [0, 1], are measured, and the best is taken. Removal and refit are those
                of the second-order methods. plan.json lists all nine.
                """,
            Example = ["forgeprune prune ./MiniMind2 --out runs/arithmetic --target 0.5", "--method arithmetic"],
        },
        new()
        {
            Name = "taylor",
            Methods = ["taylor"],
            Papers = [new("Xinyin Ma, Gongfan Fang, Xinchao Wang", "LLM-Pruner: On the Structural Pruning of Large Language Models", 2023, "2305.11627")],
            Published = """
                Coupled groups are scored by first-order Taylor terms of ten short texts, and a quarter of the groups of the middle layers is removed.
                Training with low-rank adapters follows.
                """,
            Here = $"Scores are Σ |weight · gradient| over all weights that are removed with a KV group or channel, from the cross-entropy of "
                + $"8,192 tokens. {EqualShare}",
            Differences = ["All layers are pruned, and more text is read: the share is that of the other baselines, and more text only steadies the sums."],
            Example = ["forgeprune prune ./MiniMind2 --out runs/taylor --target 0.7", "--method taylor"],
        },
        new()
        {
            Name = "2ssp",
            Methods = ["2ssp"],
            Papers = [new("Fabrizio Sandri, Elia Cunegatti, Giovanni Iacca", "2SSP: A Two-Stage Framework for Structured Pruning of LLMs", 2025, "2501.17771")],
            Published = """
                The FFN neurons of least activation norm are removed, equally many in every layer; then round(L · s^((mlp/attention)/1.5)) attention blocks,
                one by one, by perplexity.
                """,
            Here = "The same two stages without a refit. Widths are not held to multiples of 16.",
            Differences =
            [
                "The norm is the root mean square over all tokens, where the authors' is a mean of norms per sample.",
                "KL divergence to the dense model decides in place of perplexity, as with the other searches.",
                "The width is the one that meets the budget exactly.",
            ],
            Example = ["forgeprune prune ./MiniMind2 --out runs/2ssp --target 0.7 --method 2ssp"],
        },
    ];
}
