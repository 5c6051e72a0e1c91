"""What the classes beside pruned weights take of transformers, written for the tests: the same names, arguments, and results, and none of the rest."""


class LlamaConfig:
    model_type = "llama"

    def __init__(self, **keys):
        self.attention_dropout = 0.0
        self.hidden_act = "silu"
        self.rope_theta = 10000.0
        self.rope_scaling = None
        for key, value in keys.items():
            setattr(self, key, value)
        self._attn_implementation = "eager"
        self.validate_architecture()

    def validate_architecture(self):
        if self.hidden_size % self.num_attention_heads != 0:
            raise ValueError("The hidden size is not a multiple of the number of attention heads")


class DynamicCache:
    """Keys and values, layer by layer. Layers are numbered without gaps: the first tells the length."""

    def __init__(self):
        self.layers = []

    def update(self, keys, values, layer_idx, cache_kwargs=None):
        import torch

        if layer_idx > len(self.layers):
            raise IndexError(f"layer {layer_idx} of the cache follows {len(self.layers)}")
        if layer_idx == len(self.layers):
            self.layers.append((keys, values))
        else:
            self.layers[layer_idx] = tuple(torch.cat(pair, dim=-2) for pair in zip(self.layers[layer_idx], (keys, values)))
        return self.layers[layer_idx]

    def get_seq_length(self, layer_idx=0):
        return self.layers[layer_idx][0].shape[-2] if layer_idx < len(self.layers) else 0
