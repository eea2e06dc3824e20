"""fp6sim: six-bit floating-point weights, bit for bit, on NumPy arrays.

Arrays are read in place (torch tensors through DLPack) where their type and layout fit, else copied; results own new
memory. Every function releases the interpreter's lock while it works. A caller's mistake raises fp6sim.Error (a
ValueError) or TypeError naming the argument, its value and what is accepted.

Shapes: weights W[M, K] (M out features, K in features), activations X[N, K] (one token a row), results Y[N, M].
"""
from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ._api import (Error, Quantized, decode, dequantize, encode, formats, gemm, mma, pack, quantize,
                       set_thread_count, simulate, splits, unpack)

__version__ = "0.1.0"
__all__ = ["Error", "Quantized", "decode", "dequantize", "encode", "formats", "gemm", "mma", "pack", "quantize",
           "set_thread_count", "simulate", "splits", "unpack"]


def __getattr__(name: str) -> Any:
    # NumPy is most of the time an import takes: it waits for the first use.
    if name not in __all__:
        raise AttributeError(f"module 'fp6sim' has no attribute {name!r}")
    import importlib

    value = globals()[name] = getattr(importlib.import_module("fp6sim._api"), name)
    return value


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
