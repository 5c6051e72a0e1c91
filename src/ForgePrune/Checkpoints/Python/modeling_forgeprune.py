"""A model that ForgePrune pruned, for transformers 4.48 or later: Llama's classes, with a shape for every layer and without its removed blocks."""

import torch
from torch import nn
from transformers.models.llama.modeling_llama import (
    LlamaAttention,
    LlamaDecoderLayer,
    LlamaForCausalLM,
    LlamaMLP,
    LlamaModel,
    LlamaRMSNorm,
)

from .configuration_forgeprune import ForgePruneConfig


class LayerConfig:
    """The config of one layer: the model's, but for its own heads and channels. What is set in the model's later, such as the implementation of
    attention, holds here too."""

    def __init__(self, config, layer):
        self.model = config
        self.num_attention_heads = layer["query_heads"]
        self.num_key_value_heads = layer["kv_heads"]
        self.intermediate_size = layer["ffn"]
        # Biases are set projection by projection.
        self.attention_bias = False
        self.mlp_bias = False
        # No layer is windowed.
        self.layer_types = ["full_attention"] * config.num_hidden_layers
        self.sliding_window = None
        self.use_sliding_window = False
        self.max_window_layers = config.num_hidden_layers

    def __getattr__(self, name):
        if name.startswith("__") or name == "model":
            raise AttributeError(name)
        return getattr(self.model, name)


class RemovedAttention(nn.Module):
    """Adds nothing, and keeps nothing in the cache."""

    def forward(self, hidden_states, *args, **kwargs):
        return torch.zeros_like(hidden_states), None


class RemovedMlp(nn.Module):
    """Adds nothing."""

    def forward(self, hidden_states):
        return torch.zeros_like(hidden_states)


def with_bias(linear, bias):
    return nn.Linear(linear.in_features, linear.out_features, bias=True) if bias else linear


def attention(config, layer, cache_index):
    facts = config.forgeprune
    if facts["qk_norm"]:
        from transformers.models.qwen3.modeling_qwen3 import Qwen3Attention

        block = Qwen3Attention(LayerConfig(config, layer), cache_index)
    else:
        block = LlamaAttention(LayerConfig(config, layer), cache_index)
    block.q_proj = with_bias(block.q_proj, facts["qkv_bias"])
    block.k_proj = with_bias(block.k_proj, facts["qkv_bias"])
    block.v_proj = with_bias(block.v_proj, facts["qkv_bias"])
    block.o_proj = with_bias(block.o_proj, facts["output_bias"])
    return block


def mlp(config, layer):
    facts = config.forgeprune
    block = LlamaMLP(LayerConfig(config, layer))
    block.gate_proj = with_bias(block.gate_proj, facts["gate_up_bias"])
    block.up_proj = with_bias(block.up_proj, facts["gate_up_bias"])
    block.down_proj = with_bias(block.down_proj, facts["down_bias"])
    return block


class ForgePruneDecoderLayer(LlamaDecoderLayer):
    """A layer with heads and channels of its own. A removed block has no weights, its norm included."""

    def __init__(self, config, layer, cache_index):
        super(LlamaDecoderLayer, self).__init__()
        self.hidden_size = config.hidden_size
        attends, feeds = layer["kv_heads"] > 0, layer["ffn"] > 0
        self.self_attn = attention(config, layer, cache_index) if attends else RemovedAttention()
        self.mlp = mlp(config, layer) if feeds else RemovedMlp()
        self.input_layernorm = LlamaRMSNorm(config.hidden_size, eps=config.rms_norm_eps) if attends else nn.Identity()
        self.post_attention_layernorm = LlamaRMSNorm(config.hidden_size, eps=config.rms_norm_eps) if feeds else nn.Identity()


class ForgePruneModel(LlamaModel):
    config_class = ForgePruneConfig
    _no_split_modules = ["ForgePruneDecoderLayer"]

    def __init__(self, config):
        # Embedding, final norm, and rotary embedding are Llama's; its layers are not.
        count, config.num_hidden_layers = config.num_hidden_layers, 0
        super().__init__(config)
        config.num_hidden_layers = count
        self.layers = nn.ModuleList()
        # Caches count layers with attention, so that the first of them tells how long they are.
        cached = 0
        for layer in config.forgeprune["layers"]:
            self.layers.append(ForgePruneDecoderLayer(config, layer, cached))
            cached += layer["kv_heads"] > 0
        self.post_init()


class ForgePruneForCausalLM(LlamaForCausalLM):
    config_class = ForgePruneConfig
    _no_split_modules = ["ForgePruneDecoderLayer"]

    def __init__(self, config):
        super(LlamaForCausalLM, self).__init__(config)
        self.model = ForgePruneModel(config)
        self.vocab_size = config.vocab_size
        self.lm_head = nn.Linear(config.hidden_size, config.vocab_size, bias=False)
        self.post_init()
