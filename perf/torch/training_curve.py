"""Repeats in PyTorch the training that `ForgePrune.Perf -- curve ... FOLDER` left in FOLDER (same start, same rows in the same order, same AdamW) and
compares the two curves step by step. The start must be a plain Llama whose layers are all alike. Needs torch and numpy; nothing of ForgePrune needs this.

    OMP_WAIT_POLICY=passive python3 training_curve.py FOLDER DENSE-MODEL TRAINING.bin THREADS
"""
import json
import struct
import sys
import time
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F


def tensors(folder):
    """Every tensor of a single-file checkpoint as float32."""
    data = (Path(folder) / "model.safetensors").read_bytes()
    length = struct.unpack("<Q", data[:8])[0]
    kinds = {"F32": np.float32, "F16": np.float16}
    found = {}
    for name, entry in json.loads(data[8:8 + length]).items():
        if name != "__metadata__":
            begin, end = entry["data_offsets"]
            values = np.frombuffer(data[8 + length + begin:8 + length + end], kinds[entry["dtype"]]).astype(np.float32)
            found[name] = torch.from_numpy(values.reshape(entry["shape"]).copy())
    return found


class Decoder:
    def __init__(self, folder):
        config = json.loads((Path(folder) / "config.json").read_text())
        self.width, self.epsilon = config.get("head_dim") or config["hidden_size"] // config["num_attention_heads"], config["rms_norm_eps"]
        self.weights = tensors(folder)
        self.layers = config["num_hidden_layers"]
        self.theta = config.get("rope_theta", 10000.0)

    def norm(self, x, name):
        return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + self.epsilon) * self.weights[name + ".weight"]

    def logits(self, ids):
        w, (count, length) = self.weights, ids.shape
        angles = torch.arange(length)[:, None] * self.theta ** (-torch.arange(0, self.width, 2) / self.width)
        cos, sin = angles.cos(), angles.sin()
        mask = torch.full((length, length), float("-inf")).triu(1)

        def heads(x):
            return x.view(count, length, -1, self.width).transpose(1, 2)

        def turned(x):
            a, b = x.chunk(2, -1)
            return torch.cat((a * cos - b * sin, b * cos + a * sin), -1)

        x = w["model.embed_tokens.weight"][ids]
        for layer in range(self.layers):
            at = f"model.layers.{layer}."
            n = self.norm(x, at + "input_layernorm")
            q, k, v = (heads(n @ w[f"{at}self_attn.{part}_proj.weight"].T) for part in "qkv")
            k, v = (part.repeat_interleave(q.shape[1] // k.shape[1], 1) for part in (k, v))
            scores = turned(q) @ turned(k).transpose(-1, -2) * self.width ** -0.5 + mask
            x = x + (scores.softmax(-1) @ v).transpose(1, 2).reshape(count, length, -1) @ w[at + "self_attn.o_proj.weight"].T
            n = self.norm(x, at + "post_attention_layernorm")
            x = x + (F.silu(n @ w[at + "mlp.gate_proj.weight"].T) * (n @ w[at + "mlp.up_proj.weight"].T)) @ w[at + "mlp.down_proj.weight"].T
        return self.norm(x, "model.norm") @ w.get("lm_head.weight", w["model.embed_tokens.weight"]).T


def main():
    folder, dense, text, threads = sys.argv[1:5]
    torch.set_num_threads(int(threads))
    curve = json.loads((Path(folder) / "curve.json").read_text())
    rows = torch.from_numpy(np.fromfile(text, np.uint16).astype(np.int64).reshape(-1, 256))
    model, teacher = Decoder(Path(folder) / "start"), Decoder(dense)
    for weight in model.weights.values():
        weight.requires_grad_()
    optimizer = torch.optim.AdamW(model.weights.values(), lr=1e-4, betas=(0.9, 0.999), eps=1e-8, weight_decay=0)
    losses, begin = [], time.perf_counter()
    for step in curve["rows"]:
        ids = rows[step]
        logits = model.logits(ids)[:, :-1].reshape(-1, teacher.weights["model.embed_tokens.weight"].shape[0])
        if curve["loss"] == "kl":
            with torch.no_grad():
                truth = teacher.logits(ids)[:, :-1].reshape(logits.shape).log_softmax(-1)
            value = (truth.exp() * (truth - logits.log_softmax(-1))).sum(-1).mean()
        else:
            value = F.cross_entropy(logits, ids[:, 1:].reshape(-1))
        optimizer.zero_grad()
        value.backward()
        optimizer.step()
        losses.append(value.item())
    spent = time.perf_counter() - begin
    gaps = [abs(ours - theirs) for ours, theirs in zip(curve["losses"], losses)]
    print(f"torch {torch.__version__}: {len(losses)} steps in {spent:.0f} s, loss {losses[0]:.4f} to {losses[-1]:.4f}")
    for first, last in ((0, 1), (1, 5), (5, 20), (20, 50), (50, len(losses))):
        if first < len(losses):
            part = slice(first, last)
            mean = lambda values: sum(values[part]) / len(values[part])
            print(f"steps {first + 1:3} to {min(last, len(losses)):3}: ours {mean(curve['losses']):.5f}, torch's {mean(losses):.5f}, largest gap {max(gaps[part]):.1e}")


if __name__ == "__main__":
    main()
