"""Tiny seeded checkpoints and their logits, as transformers computes them: tests/golden/<name>/ with config.json, model.safetensors and logits.json,
which also says by which versions.

Run with Python 3, torch and transformers: python tests/golden/families.py [name ...]
GoldenTests of tests/ForgePrune.Onnx.Tests reads the result where it has been committed. Keys that a release does not know are kept in its config and do
nothing there: take one that has the family. transformers 5.2 scales the rotation of all layers of olmo3, others only where there is no window."""

import copy
import json
import pathlib
import platform
import sys

import torch
import transformers
from transformers import AutoConfig, AutoModelForCausalLM, AutoModelForImageTextToText

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


def build(keys):
    keys = copy.deepcopy(keys)
    family = keys.pop("model_type")
    wrapped = family in VISION
    config = AutoConfig.for_model(family, **keys, **VISION.get(family, {})) if wrapped else AutoConfig.for_model(family, **{**SIZES, **keys})
    loader = AutoModelForImageTextToText if wrapped else AutoModelForCausalLM
    return loader.from_config(config, attn_implementation="eager").float().eval()


def vary(model):
    """Norms and biases that are not all alike: as they are made, a norm too many would not be seen."""
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if parameter.dim() == 1 and "vision" not in name:
                parameter.add_(0.1 * torch.randn_like(parameter))


def main(names):
    for seed, (name, keys) in enumerate(FAMILIES.items()):
        if names and name not in names:
            continue
        torch.manual_seed(seed)
        model = build(keys)
        vary(model)
        folder = pathlib.Path(__file__).parent / name
        model.save_pretrained(folder)
        with torch.no_grad():
            logits = model(input_ids=torch.tensor([IDS]), use_cache=False).logits[0]
        made_by = dict(transformers=transformers.__version__, torch=torch.__version__, python=platform.python_version())
        (folder / "logits.json").write_text(json.dumps(dict(made_by=made_by, ids=IDS, logits=logits.flatten().tolist())) + "\n")
        print(name, tuple(logits.shape))


if __name__ == "__main__":
    main(sys.argv[1:])
