"""Tiny seeded checkpoints and their logits, as transformers computes them: tests/golden/<family>/ with config.json, model.safetensors and logits.json.

Run with Python 3, torch and transformers: python tests/golden/families.py
GoldenTests of tests/ForgePrune.Onnx.Tests reads the result where it has been committed."""

import json
import pathlib

import torch
from transformers import AutoConfig, AutoModelForCausalLM

SIZES = dict(hidden_size=64, intermediate_size=96, num_hidden_layers=4, num_attention_heads=4, num_key_value_heads=2, vocab_size=101,
             max_position_embeddings=64, bos_token_id=1, eos_token_id=2, pad_token_id=0)
IDS = [1, 17, 40, 99, 3, 3, 62, 8, 55, 21, 90, 4]

FAMILIES = {
    "smollm3": dict(model_type="smollm3"),
    "granite": dict(model_type="granite", embedding_multiplier=12.0, attention_multiplier=0.0625, residual_multiplier=0.22, logits_scaling=8.0),
    "phi3": dict(model_type="phi3", original_max_position_embeddings=64),
    "phi3-longrope": dict(model_type="phi3", max_position_embeddings=256, original_max_position_embeddings=64, partial_rotary_factor=0.75,
                          rope_scaling=dict(type="longrope", short_factor=[1 + 0.1 * i for i in range(6)], long_factor=[2 + i for i in range(6)])),
    "gemma": dict(model_type="gemma", head_dim=16),
    "gemma2": dict(model_type="gemma2", head_dim=16, query_pre_attn_scalar=20, attn_logit_softcapping=2.0, final_logit_softcapping=5.0, sliding_window=5),
    "gemma3": dict(model_type="gemma3_text", head_dim=16, query_pre_attn_scalar=20, sliding_window=5, rope_local_base_freq=500.0,
                   layer_types=["sliding_attention", "full_attention"] * 2, rope_scaling=dict(rope_type="linear", factor=4.0)),
    "olmo2": dict(model_type="olmo2"),
    "mistral-window": dict(model_type="mistral", sliding_window=5),
    "qwen3-windows": dict(model_type="qwen3", head_dim=16, use_sliding_window=True, sliding_window=5, max_window_layers=2),
    "llama-yarn": dict(model_type="llama", rope_scaling=dict(rope_type="yarn", factor=4.0, original_max_position_embeddings=16)),
    "llama-linear": dict(model_type="llama", rope_scaling=dict(rope_type="linear", factor=4.0)),
    "llama-dynamic": dict(model_type="llama", rope_scaling=dict(rope_type="dynamic", factor=4.0)),
}


def main():
    for seed, (name, keys) in enumerate(FAMILIES.items()):
        torch.manual_seed(seed)
        keys = {**SIZES, **keys}
        model = AutoModelForCausalLM.from_config(AutoConfig.for_model(keys.pop("model_type"), **keys), attn_implementation="eager").float().eval()
        folder = pathlib.Path(__file__).parent / name
        model.save_pretrained(folder)
        with torch.no_grad():
            logits = model(torch.tensor([IDS]), use_cache=False).logits[0]
        (folder / "logits.json").write_text(json.dumps(dict(ids=IDS, logits=logits.flatten().tolist())))


if __name__ == "__main__":
    main()
