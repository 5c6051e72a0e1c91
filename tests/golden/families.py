"""Tiny seeded checkpoints and their logits, as transformers computes them: tests/golden/<name>/ with config.json, model.safetensors and logits.json,
which also says by which versions. All of them are some 5 MB.

Run with Python 3, torch, and transformers 4.57 or later: python tests/golden/families.py [name ...]
GoldenTests of tests/ForgePrune.Onnx.Tests reads the result where it has been committed. What a release cannot make is named at the end, and the exit code is
then 1; the others are made. Keys that a release does not know are kept in its config and do nothing there: take one that has the family. transformers 5.2
scales the rotation of all layers of olmo3, others only where there is no window."""

import copy
import json
import pathlib
import platform
import sys

try:
    import torch
    import transformers
    from transformers import AutoConfig, AutoModelForCausalLM, AutoModelForImageTextToText
except ImportError as missing:
    sys.exit(f"{missing}; install torch, and transformers 4.57 or later")

SIZES = dict(hidden_size=32, intermediate_size=48, num_hidden_layers=4, num_attention_heads=4, num_key_value_heads=2, vocab_size=101,
             max_position_embeddings=64, bos_token_id=1, eos_token_id=2, pad_token_id=0)
IDS = [1, 17, 40, 99, 3, 3, 62, 8, 55, 21, 90, 4]
ALTERNATING = ["sliding_attention", "full_attention"] * 2

GEMMA3 = dict(model_type="gemma3_text", head_dim=8, query_pre_attn_scalar=20, sliding_window=5, layer_types=ALTERNATING)

FAMILIES = {
    "llama": dict(model_type="llama"),
    "llama-biases": dict(model_type="llama", attention_bias=True, mlp_bias=True, tie_word_embeddings=True),
    "llama-llama3": dict(model_type="llama", rope_scaling=dict(rope_type="llama3", factor=8.0, low_freq_factor=1.0, high_freq_factor=4.0,
                                                               original_max_position_embeddings=16)),
    "llama-yarn": dict(model_type="llama", rope_scaling=dict(rope_type="yarn", factor=4.0, original_max_position_embeddings=16)),
    "llama-linear": dict(model_type="llama", rope_scaling=dict(rope_type="linear", factor=4.0)),
    "llama-dynamic": dict(model_type="llama", rope_scaling=dict(rope_type="dynamic", factor=4.0)),
    "mistral": dict(model_type="mistral", sliding_window=None),
    "mistral-window": dict(model_type="mistral", sliding_window=5),
    "qwen2": dict(model_type="qwen2"),
    "qwen3": dict(model_type="qwen3", head_dim=16),
    "qwen3-windows": dict(model_type="qwen3", head_dim=16, use_sliding_window=True, sliding_window=5, max_window_layers=2),
    "smollm3": dict(model_type="smollm3"),
    "granite": dict(model_type="granite", embedding_multiplier=12.0, attention_multiplier=0.0625, residual_multiplier=0.22, logits_scaling=8.0),
    "phi3": dict(model_type="phi3", original_max_position_embeddings=64),
    "phi3-longrope": dict(model_type="phi3", max_position_embeddings=256, original_max_position_embeddings=64, partial_rotary_factor=0.75,
                          rope_scaling=dict(type="longrope", short_factor=[1.0, 1.1, 1.2], long_factor=[2.0, 3.0, 4.0])),
    "gemma": dict(model_type="gemma", head_dim=8),
    "gemma2": dict(model_type="gemma2", head_dim=8, query_pre_attn_scalar=20, attn_logit_softcapping=2.0, final_logit_softcapping=5.0, sliding_window=5),
    "gemma3": dict(**GEMMA3, rope_local_base_freq=500.0, rope_scaling=dict(rope_type="linear", factor=4.0)),
    "gemma3-wrapped": dict(model_type="gemma3", text_config={**SIZES, **GEMMA3}),
    "llava-wrapped": dict(model_type="llava", text_config=dict(**SIZES, model_type="llama")),
    "olmo2": dict(model_type="olmo2"),
    "olmo3": dict(model_type="olmo3", sliding_window=5, layer_types=ALTERNATING),
    "olmo3-yarn": dict(model_type="olmo3", sliding_window=5, layer_types=ALTERNATING,
                       rope_scaling=dict(rope_type="yarn", factor=4.0, original_max_position_embeddings=16)),
    "qwen3_moe": dict(model_type="qwen3_moe", head_dim=8, moe_intermediate_size=16, num_experts=6, num_experts_per_tok=2, norm_topk_prob=True),
    "qwen3_moe-plain-shares": dict(model_type="qwen3_moe", head_dim=8, moe_intermediate_size=16, num_experts=6, num_experts_per_tok=2, norm_topk_prob=False),
    "mixtral": dict(model_type="mixtral", num_local_experts=4, num_experts_per_tok=2, sliding_window=None),
}

VISION = {
    "gemma3": dict(mm_tokens_per_image=4, image_token_index=100, vision_config=dict(
        model_type="siglip_vision_model", hidden_size=16, intermediate_size=16, num_hidden_layers=1, num_attention_heads=2, image_size=28, patch_size=14)),
    "llava": dict(image_token_index=100, vision_config=dict(
        model_type="clip_vision_model", hidden_size=16, intermediate_size=16, num_hidden_layers=2, num_attention_heads=2, image_size=28, patch_size=14,
        projection_dim=16)),
}


def loader_of(family):
    return AutoModelForImageTextToText if family in VISION else AutoModelForCausalLM


def build(family, keys):
    config = AutoConfig.for_model(family, **keys, **copy.deepcopy(VISION[family])) if family in VISION else AutoConfig.for_model(family, **{**SIZES, **keys})
    return loader_of(family).from_config(config, attn_implementation="eager").float()


def vary(model):
    """Norms and biases that are not all alike, and matrices that are larger: as they are made, with weights of 0.02, a norm too many would not be seen, and
    scores are so near to zero that their soft cap would not be seen either."""
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if "vision" in name:
                continue
            if parameter.dim() == 1:
                parameter.add_(0.1 * torch.randn_like(parameter))
            else:
                parameter.mul_(8)


def logits_of(model):
    # transformers 5 has faster products for experts, in another order of sums and not on every processor.
    if getattr(model.config, "num_experts_per_tok", None) and hasattr(model, "set_experts_implementation"):
        model.set_experts_implementation("eager")
    with torch.no_grad():
        return model.eval()(input_ids=torch.tensor([IDS]), use_cache=False).logits[0]


def make(name, seed):
    keys = copy.deepcopy(FAMILIES[name])
    family = keys.pop("model_type")
    torch.manual_seed(seed)
    model = build(family, keys)
    vary(model)
    folder = pathlib.Path(__file__).parent / name
    model.save_pretrained(folder)
    logits = logits_of(model)
    # What is compared later are the files, so they have to say the same.
    again = logits_of(loader_of(family).from_pretrained(folder, attn_implementation="eager").float())
    if (again - logits).abs().max() > 1e-6 * logits.abs().max():
        raise ValueError("the saved checkpoint computes something else than the model that was saved")
    made_by = dict(transformers=transformers.__version__, torch=torch.__version__, python=platform.python_version(), seed=seed)
    # Nine digits tell all numbers of float32 apart.
    values = [float(f"{value:.9g}") for value in logits.flatten().tolist()]
    (folder / "logits.json").write_text(json.dumps(dict(made_by=made_by, ids=IDS, logits=values)) + "\n")
    print(name, tuple(logits.shape))


def main(names):
    if unknown := set(names) - set(FAMILIES):
        sys.exit(f"unknown: {', '.join(sorted(unknown))}; known are {', '.join(FAMILIES)}")
    failed = {}
    for seed, name in enumerate(FAMILIES):
        if names and name not in names:
            continue
        try:
            make(name, seed)
        except Exception as fault:  # of any kind: the others are still to be made
            failed[name] = f"{type(fault).__name__}: {fault}"
    for name, fault in failed.items():
        print(f"not made by transformers {transformers.__version__}: {name}, {fault}", file=sys.stderr)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main(sys.argv[1:])
