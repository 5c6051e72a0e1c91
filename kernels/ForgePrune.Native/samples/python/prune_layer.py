"""Prunes one made layer with libforgeprune: which input columns go first, what each width costs, and the best weights for half of them.

    FORGEPRUNE_LIBRARY=FOLDER/libforgeprune.so python3 prune_layer.py [--bits]

With --bits it prints every result to the last bit, for comparing languages.
"""
import ctypes
import os
import sys

import numpy as np

TOKENS, COLS, ROWS = 256, 48, 24
KEPT = COLS // 2

lib = ctypes.CDLL(os.environ.get("FORGEPRUNE_LIBRARY", "./libforgeprune.so"))
lib.fp_last_error.restype = ctypes.c_char_p
lib.fp_version.restype = ctypes.c_uint32


def call(name, *arguments):
    """Arrays go as pointers, integers as 64 bits; the last argument, the number of threads or a handle, as it is given."""
    def pass_on(value):
        if isinstance(value, np.ndarray):
            return value.ctypes.data_as(ctypes.c_void_p)
        return ctypes.c_int64(value) if isinstance(value, int) else value

    status = getattr(lib, name)(*map(pass_on, arguments))
    if status != 0:
        raise RuntimeError(f"{name}: status {status}: {lib.fp_last_error().decode()}")


class Made:
    """24 bits between -1 and 1: the same number in every language and in both float types."""

    def __init__(self):
        self.state = 1

    def array(self, shape, dtype):
        values = []
        for _ in range(int(np.prod(shape))):
            self.state = (self.state * 6364136223846793005 + 1442695040888963407) % 2**64
            values.append(((self.state >> 40) - 8388608.0) / 8388608.0)
        return np.array(values, dtype).reshape(shape)


made = Made()
x = made.array((TOKENS, COLS), np.float32)
w = made.array((ROWS, COLS), np.float64)
threads = ctypes.c_int32(0)

# H = 2/tokens XtX + lambda I
hessian = np.zeros((COLS, COLS))
call("fp_gram_f32", x, TOKENS, COLS, COLS, hessian, COLS, threads)
hessian = hessian * (2.0 / TOKENS) + np.eye(COLS) / 128
inverse = hessian.copy()
call("fp_spd_inverse", inverse, COLS, COLS, threads)
gram = np.zeros((COLS, COLS))
call("fp_gram_f64", w, ROWS, COLS, COLS, gram, COLS, threads)
order, scores = np.zeros(COLS, np.int32), np.zeros(COLS)
call("fp_eliminate_channels", inverse, gram, COLS, COLS, None, order, scores, threads)

survivors_first = order[::-1].copy()
levels = ctypes.c_void_p()
call("fp_levels_from_weights", hessian, COLS, COLS, w, ROWS, COLS, survivors_first, threads, ctypes.byref(levels))
errors, refitted = np.zeros(COLS + 1), np.zeros((ROWS, KEPT), np.float32)
call("fp_levels_errors", levels, errors, COLS + 1)
call("fp_levels_refit_f32", levels, KEPT, refitted, KEPT)
lib.fp_levels_free(levels)

if "--bits" in sys.argv:
    for i, column in enumerate(order):
        print(f"order {i} {column}")
    for name, values in ("score", scores), ("error", errors):
        for i, bits in enumerate(values.view(np.uint64)):
            print(f"{name} {i} {bits:016x}")
    for bits in refitted.astype(np.float64).ravel().view(np.uint64):
        print(f"weight 0 {bits:016x}")
else:
    version = lib.fp_version()
    print(f"libforgeprune {version >> 16}.{version >> 8 & 255}: first to go are columns {order[0]}, {order[1]}, {order[2]}")
    for kept in range(COLS, -1, -COLS // 4):
        print(f"{kept:3} of {COLS} columns: error {100 * errors[kept] / errors[0]:5.1f} % of the output")
