"""The config of a model that ForgePrune pruned: Llama's, with a shape for every layer."""

from transformers import LlamaConfig


class ForgePruneConfig(LlamaConfig):
    """``forgeprune`` holds the family, the biases, and ``layers``: ``kv_heads``, ``query_heads``, and ``ffn`` of each layer, 0 where a block is removed.
    The keys of Llama hold the largest layer."""

    model_type = "forgeprune"

    def validate(self):
        """Llama's heads divide the hidden size. These need not: ``head_dim`` is given, and each layer has heads of its own."""

    def validate_architecture(self):
        """The same."""
