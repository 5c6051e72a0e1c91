"""The Gram of made activations by the exported PTX, checked against NumPy in float64.

    forgeprune kernels export --out ptx && python3 gram.py ptx

Exit code 0: right; 1: wrong; 77: there is no GPU or no CuPy.
"""
import sys
from pathlib import Path

import numpy as np

try:
    import cupy

    cupy.cuda.runtime.getDeviceCount()
except Exception as missing:
    print(f"no GPU: {missing}", file=sys.stderr)
    sys.exit(77)

# A view is a pointer and a number of elements; as a structured scalar CuPy passes its 16 bytes as they are.
VIEW = np.dtype([("pointer", np.uint64), ("length", np.int64)])
LANES, BLOCK = 256, 256


def view(array):
    return np.array((array.data.ptr, array.size), dtype=VIEW)[()]


def kernel(folder, name):
    return cupy.RawModule(path=str(folder / f"{name}.ptx")).get_function(name)


def lower_tiles(cols, size):
    tiles = -(-cols // size)
    return tiles * (tiles + 1) // 2


def gram(folder, x):
    """XᵀX of a C-contiguous float32 matrix on the device (tokens × cols): blocks of 256 tokens in float32, their sum in float64."""
    tokens, cols = x.shape
    result = cupy.zeros((cols, cols), dtype=cupy.float64)
    accumulate, mirror = kernel(folder, "gram_f32"), kernel(folder, "gram_mirror")
    for first in range(0, tokens, BLOCK):
        count = min(BLOCK, tokens - first)
        accumulate((lower_tiles(cols, 128),), (LANES,), (view(x), np.int32(first), np.int32(count), np.int32(cols), view(result)))
    mirror((lower_tiles(cols, 64),), (LANES,), (view(result), np.int32(cols)))
    return result


if __name__ == "__main__":
    made = np.random.default_rng(1).uniform(-1, 1, (600, 300)).astype(np.float32)
    computed = cupy.asnumpy(gram(Path(sys.argv[1]), cupy.asarray(made)))
    exact = made.astype(np.float64)
    largest = np.abs(computed - exact.T @ exact).max()
    print(f"largest difference {largest:.3g}")
    sys.exit(0 if largest <= 1.2e-7 * 32 * 600 else 1)
