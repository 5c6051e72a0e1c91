from transformers.models.llama.modeling_llama import LlamaAttention, LlamaRMSNorm


class Qwen3Attention(LlamaAttention):
    def __init__(self, config, layer_idx):
        super().__init__(config, layer_idx)
        self.q_norm = LlamaRMSNorm(self.head_dim, eps=config.rms_norm_eps)
        self.k_norm = LlamaRMSNorm(self.head_dim, eps=config.rms_norm_eps)
        self.sliding_window = config.sliding_window if config.layer_types[layer_idx] == "sliding_attention" else None

    def normed(self, queries, keys):
        return self.q_norm(queries), self.k_norm(keys)
