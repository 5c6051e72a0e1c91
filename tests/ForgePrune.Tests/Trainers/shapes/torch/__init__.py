"""Names and shapes of parameters, where torch itself is not installed."""

from . import nn
from .nn import Tensor


def ones(*shape):
    return Tensor(shape)


def zeros_like(tensor):
    return tensor
