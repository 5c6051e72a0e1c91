"""Builds the model of each folder by the classes beside its weights, as transformers does with trust_remote_code, and prints as JSON the names and shapes
of its parameters; with torch also its logits for the ids given, at once and one by one through a cache. check.py IDS FOLDER..."""

import ast
import importlib
import json
import pathlib
import struct
import sys
import types


def build(folder):
    for file in folder.glob("*.py"):
        # Nothing newer than what transformers itself asks for.
        ast.parse(file.read_text(), feature_version=(3, 9))
    for name in [name for name in sys.modules if name.split(".")[0] == "pruned"]:
        del sys.modules[name]
    package = types.ModuleType("pruned")
    package.__path__ = [str(folder)]
    sys.modules["pruned"] = package
    keys = json.loads((folder / "config.json").read_text())
    config_class, model_class = (
        getattr(importlib.import_module("pruned." + name.split(".")[0]), name.split(".")[1])
        for name in (keys["auto_map"]["AutoConfig"], keys["auto_map"]["AutoModelForCausalLM"]))
    model = model_class(config_class(**{key: value for key, value in keys.items() if key != "model_type"}))
    model.tie_weights()
    return model


def load(model, file):
    import torch

    data = file.read_bytes()
    start = 8 + struct.unpack("<Q", data[:8])[0]
    parameters = dict(model.named_parameters())
    for name, entry in json.loads(data[8:start]).items():
        if name == "__metadata__":
            continue
        begin, end = entry["data_offsets"]
        values = torch.frombuffer(bytearray(data[start + begin:start + end]), dtype=torch.float32)
        parameters.pop(name).data = values.view(entry["shape"])
    if parameters:
        raise ValueError(f"no weights for {sorted(parameters)}")


def logits(model, ids):
    import torch
    from transformers import DynamicCache

    with torch.no_grad():
        whole = model(torch.tensor([ids]))[0]
        cache, rows = DynamicCache(), []
        for piece in [ids[:2], *[[one] for one in ids[2:]]]:
            rows.append(model(torch.tensor([piece]), past_key_values=cache)[0])
        return whole, torch.cat(rows), len(cache.layers)


def gradients(model, ids):
    """Whether a step of training reaches every parameter."""
    import torch

    output = model(torch.tensor([ids]))[0]
    torch.nn.functional.cross_entropy(output[:-1], torch.tensor(ids[1:])).backward()
    return all(parameter.grad is not None for parameter in model.parameters())


def check(folder, ids):
    model = build(folder)
    found = {"parameters": {name: list(parameter.shape) for name, parameter in model.named_parameters()}}
    try:
        from torch import frombuffer  # noqa: F401
    except ImportError:
        found["logits"] = None
    else:
        load(model, folder / "model.safetensors")
        whole, steps, cached = logits(model, ids)
        found |= {"logits": whole.flatten().tolist(), "steps": steps.flatten().tolist(), "cached": cached, "trains": gradients(model, ids)}
    return found


print(json.dumps([check(pathlib.Path(folder), [int(word) for word in sys.argv[1].split(",")]) for folder in sys.argv[2:]]))
