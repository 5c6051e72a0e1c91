"""Times the official DarwinLM class on a made layer, for comparison with `ForgePrune.Perf -- levels ROWS COLUMNS ...`. CHECKOUT is a clone of
github.com/IST-DASLab/DarwinLM (measured at 3596da3). Every removal costs the same, so fewer than all may be timed. Needs torch.

    OMP_WAIT_POLICY=passive python3 darwinlm_levels.py CHECKOUT ROWS COLUMNS REMOVALS THREADS
"""
import sys
import time
import types

import torch


def official(checkout):
    """The class without transformers, which only another part of its helper module needs."""
    sys.path.insert(0, checkout)
    import src
    helper = types.ModuleType("src.model_utils")
    helper.get_number_of_rows_and_cols = lambda layer: tuple(layer.weight.shape)
    src.model_utils = sys.modules["src.model_utils"] = helper
    from src.fast_obc_struct import FastOBCStruct
    return FastOBCStruct


def main():
    rows, cols, removals, threads = map(int, sys.argv[2:6])
    torch.set_num_threads(threads)
    torch.manual_seed(0)
    sweep = official(sys.argv[1])(torch.nn.Linear(cols, rows, bias=False))
    tokens = 2 * cols
    sweep.update((torch.randn(tokens, 64) @ torch.randn(64, cols) * 0.2 + torch.randn(tokens, cols)).reshape(8, -1, cols))
    sweep.is_attn = False
    sweep.pruning_pre_step()
    start = time.perf_counter()
    sweep.step([], [removals], 1)
    spent = time.perf_counter() - start
    print(f"{rows} x {cols}, {threads} threads: {removals} removals in {spent:.1f} s, all {cols} in {spent * cols / removals:.1f} s by proportion")


main()
