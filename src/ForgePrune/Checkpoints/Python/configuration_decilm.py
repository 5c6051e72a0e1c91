"""The config of a model that ForgePrune wrote for DeciLM classes: Llama's, with a shape for every layer."""

from transformers import LlamaConfig


class Fields(dict):
    """The fields of a JSON object, as attributes as well."""

    def __getattr__(self, name):
        try:
            return self[name]
        except KeyError:
            raise AttributeError(name) from None


def with_attributes(value):
    return Fields({key: with_attributes(item) for key, item in value.items()}) if isinstance(value, dict) else value


class DeciLMConfig(LlamaConfig):
    """``block_configs`` holds ``attention`` (``no_op``, ``n_heads_in_group``) and ``ffn`` (``no_op``, ``ffn_mult``) of each layer."""

    model_type = "nemotron-nas"

    def __setattr__(self, name, value):
        if name == "block_configs" and value is not None:
            value = [with_attributes(block) for block in value]
        super().__setattr__(name, value)
