namespace ForgePrune.Methods.Dress;

/// <summary>What users are told about DReSS.</summary>
internal static class DressGuide
{
    public static MethodOption RegularizeTokens { get; } = new("--regularize-tokens", "N", $"{DressMethod.DefaultRegularizeTokens}",
        "Tokens of training that shrink what will be removed, before the cut. 0 trains none.");

    internal static MethodGuide Page { get; } = new()
    {
        Name = "dress",
        Methods = ["dress"],
        Papers =
        [
            new("Mingkuan Feng, Jinyang Wu, Shuai Zhang, Pengpeng Shao, Ruihan Jin, Zhengqi Wen, Jianhua Tao, Feihu Che",
                "DReSS: Data-driven Regularized Structured Streamlining for Large Language Models", 2025, "2501.17905"),
        ],
        Published = """
            What will be removed is fixed beforehand. Its weights are penalized while the model trains on about a thousand samples, so that what they carry
            moves into the rest. Then comes the cut, and a little training. No code is public, and only abstracts and summaries of the paper could be read.
            """,
        Here = """
            Second-order orders choose what will be removed, with the same share in every layer. The whole model then learns the dense model's predictions
            while rows of v and columns of o, rows of gate and up and columns of down shrink: step t of T takes its t/(1 + … + T) of a factor of a thousand on
            each unit's contribution. Then come the cut, a refit toward the regularized model (kept where held-out text gains by it), the logit factor, and
            --recover where it is given. Text, loss and rate are those of --recover and its family where that is given, else the calibration text, KL and
            2e-4.
            """,
        Differences =
        [
            "The penalty is our own design, since the paper's could not be read.",
            "Weights shrink outside of AdamW, which would divide the gradient of a penalty by its own size.",
            "Both sides of a unit shrink together. If only its output did, its input would grow to make up for it.",
            "Rows of q and k are left alone, because smaller ones would flatten the softmax first.",
        ],
        Options = [RegularizeTokens],
        Example = ["forgeprune prune ./MiniMind2 --out runs/dress --target 0.5", "--method dress --regularize-tokens 262144"],
    };
}
