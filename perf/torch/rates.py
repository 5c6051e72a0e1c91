"""What learning rates do to a pruned model in its first eight steps of distillation, 8 rows of 256 each, and to its divergence on rows that it does not train on.
START is the folder `start` that `ForgePrune.Perf -- curve` left. Needs torch and numpy; nothing of ForgePrune needs this.

    OMP_WAIT_POLICY=passive python3 rates.py START DENSE-MODEL TRAINING.bin JUDGE.bin THREADS RATE...
"""
import sys

import numpy as np
import torch

from training_curve import Decoder

STEPS, ROWS, WARM_UP = 8, 8, 4


def rows_of(path):
    return torch.from_numpy(np.fromfile(path, np.uint16).astype(np.int64).reshape(-1, 256))


def divergence(model, teacher, ids):
    found = model.logits(ids)[:, :-1].log_softmax(-1)
    with torch.no_grad():
        truth = teacher.logits(ids)[:, :-1].log_softmax(-1)
    return (truth.exp() * (truth - found)).sum(-1).mean()


def main():
    start, dense, training, judge, threads, *rates = sys.argv[1:]
    torch.set_num_threads(int(threads))
    teacher, rows, held_out = Decoder(dense), rows_of(training), rows_of(judge)[:16]
    order = torch.randperm(len(rows), generator=torch.Generator().manual_seed(0))
    for rate in map(float, rates):
        model = Decoder(start)
        weights = list(model.weights.values())
        with torch.no_grad():
            before = divergence(model, teacher, held_out).item()
        for weight in weights:
            weight.requires_grad_()
        optimizer, steps = torch.optim.AdamW(weights, lr=rate, betas=(0.9, 0.95), weight_decay=0), []
        for step in range(STEPS):
            loss = divergence(model, teacher, rows[order[step * ROWS:(step + 1) * ROWS]])
            optimizer.zero_grad()
            loss.backward()
            length = float(torch.nn.utils.clip_grad_norm_(weights, 1.0))
            for group in optimizer.param_groups:
                group["lr"] = rate * min(1, (step + 1) / WARM_UP)
            optimizer.step()
            steps.append(f"{loss.item():.3f} ({length:.1f})")
        with torch.no_grad():
            after = divergence(model, teacher, held_out).item()
        print(f"rate {rate:g}: held out {before:.4f} to {after:.4f}; loss (length of the gradient): {', '.join(steps)}", flush=True)


main()
