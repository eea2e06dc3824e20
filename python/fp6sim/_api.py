"""The functions of fp6sim; see the package's own documentation."""
from __future__ import annotations

import os
import pathlib
from dataclasses import dataclass
from typing import Any

import numpy as np

from . import _core
from ._arrays import as_codes, as_float32, as_half_bits
from ._core import Error


def formats() -> list[dict[str, Any]]:
    """The formats by name: dictionaries with name, bits, kind ('float' or 'integer') and description."""
    return _core.formats()


def splits() -> list[str]:
    """The arrangements of packed codes by name."""
    return _core.splits()


def set_thread_count(threads: int) -> None:
    """Bounds how many threads a call may use; 0: one for each processor."""
    _core.set_thread_count(threads)


def encode(values: Any, format: str, rounding: str = "rne") -> np.ndarray:
    """Codes of values of any shape in a floating format: one rounding, overflow and infinities saturate, NaN becomes
    +largest. rounding: rne, rz, half-away or stochastic:SEED. Returns uint8 (uint16 for 16-bit formats)."""
    return _core.encode(as_float32(values, "values"), format, rounding)


def decode(codes: Any, format: str) -> np.ndarray:
    """The values of uint8 (or uint16) codes of any shape, exactly, as float32. Codes beyond the format's width are an
    Error."""
    array = np.asarray(codes)
    kind = np.uint16 if array.dtype == np.uint16 else np.uint8
    return _core.decode(as_codes(codes, "codes", dtype=kind).astype(np.uint16), format)


@dataclass(frozen=True)
class Quantized:
    """A quantised W[M, K].

    codes: uint8 [M, K], one in each byte's low bits. scales: float16 [M, G], G groups of K / G columns; None for scale
    1. zeros: uint8 [M, G], the zero points of asymmetric integers, else None.
    """
    format: str
    codes: np.ndarray
    scales: np.ndarray | None
    zeros: np.ndarray | None

    def dequantize(self) -> np.ndarray:
        """What a kernel multiplies with: float16 [M, K], RN16((code - zero) * scale), one rounding."""
        return dequantize(self.codes, self.format, self.scales, self.zeros)

    def pack(self, split: str | None = None) -> tuple[np.ndarray, np.ndarray]:
        """pack() of the codes; the split of the format's width that kernels use where none is named."""
        bits = next(row["bits"] for row in formats() if row["name"] == self.format)
        return pack(self.codes, split or {6: "4+2", 5: "4+1", 4: "packed4"}.get(bits, "padded8"))


def quantize(weights: Any, format: str, scale: str = "row", *, zero_point: bool = False, rounding: str = "rne",
             nonfinite: str = "error") -> Quantized:
    """Rounds floating weights [M, K] to a format of at most 8 bits.

    scale: 'none' (1), 'row', or 'group:N' (N columns share a scale; N divides K). zero_point: asymmetric integers.
    nonfinite: 'error', or 'saturate' infinities and NaN.
    """
    codes, scales, zeros = _core.quantize(as_float32(weights, "weights", 2), format, scale, zero_point, rounding,
                                          nonfinite)
    return Quantized(format, codes, None if scales is None else scales.view(np.float16), zeros)


def dequantize(codes: Any, format: str, scales: Any = None, zeros: Any = None) -> np.ndarray:
    """float16 [M, K] of uint8 codes [M, K], float16 scales [M, G] (or [M]; None: 1) and uint8 zeros [M, G] (or None)."""
    if scales is not None:
        bits, bfloat16 = as_half_bits(scales, "scales")
        if bfloat16:
            raise TypeError("scales has dtype bfloat16; accepted: float16")
        scales = bits[:, None] if bits.ndim == 1 else bits
    if zeros is not None:
        zeros = as_codes(zeros, "zeros")
        zeros = zeros[:, None] if zeros.ndim == 1 else zeros
    return _core.dequantize(as_codes(codes, "codes", 2), format, scales, zeros).view(np.float16)


def pack(codes: Any, split: str) -> tuple[np.ndarray, np.ndarray]:
    """(wide, narrow) uint32 words of uint8 codes of any shape, in linear order (docs/formats.md); narrow is empty for
    splits with one array. A code wider than the split is an Error naming its index."""
    return _core.pack(as_codes(codes, "codes"), split)


def unpack(wide: Any, narrow: Any, split: str, count: int) -> np.ndarray:
    """The `count` uint8 codes in uint32 words as pack() made them."""
    return _core.unpack(as_codes(wide, "wide", 1, np.uint32), as_codes(narrow, "narrow", 1, np.uint32), split, count)


def gemm(weights: Any, activations: Any, arch: str = "ampere", *, tile_k: int = 64, split_k: int = 1) -> np.ndarray:
    """Y[N, M] float32 = X[N, K] W[M, K]^T, bit for bit as a kernel with this K order yields on that tensor core.

    weights, activations: both float16 (or uint16 bits of it) or both bfloat16. arch: volta, turing, ampere, ada,
    hopper, blackwell.
    """
    w, w_bfloat16 = as_half_bits(weights, "weights", 2)
    x, x_bfloat16 = as_half_bits(activations, "activations", 2)
    if w_bfloat16 != x_bfloat16:
        raise TypeError("weights and activations must both be float16 or both bfloat16")
    if w.shape[1] != x.shape[1]:
        raise ValueError(f"weights {w.shape} and activations {x.shape} differ in K, their second extent")
    return _core.gemm(w, x, arch, w_bfloat16, tile_k, split_k)


def mma(a: Any, b: Any, c: Any, arch: str = "ampere", *, a_format: str = "fp16", b_format: str = "fp16",
        accumulate: str = "f32") -> np.ndarray:
    """Dot products as a tensor core chains them: d[r] = c[r] + sum over k of a[r, k] b[r, k].

    a, b: codes [R, k] of their formats, uint8 or uint16, or float16 for fp16; k a multiple of the architecture's step.
    c: float32 [R] (float16 with accumulate='f16'). Returns the type of c.
    """
    if accumulate not in ("f32", "f16"):
        raise ValueError(f"accumulate is {accumulate!r}; accepted: 'f32', 'f16'")
    kind = np.float32 if accumulate == "f32" else np.float16
    bits = np.uint32 if accumulate == "f32" else np.uint16
    left, right = _operand(a, "a"), _operand(b, "b")
    start = np.asarray(c)
    if start.dtype != kind or start.ndim != 1:
        raise TypeError(f"c has dtype {start.dtype} and shape {start.shape}; accepted: {np.dtype(kind)} [R]")
    if left.shape != right.shape or left.shape[0] != start.shape[0]:
        raise ValueError(f"a {left.shape}, b {right.shape} and c {start.shape}: accepted are [R, k], [R, k] and [R]")
    words = np.ascontiguousarray(start).view(bits).astype(np.uint32)
    return _core.mma(left, right, words, arch, a_format, b_format, accumulate == "f16").astype(bits).view(kind)


def _operand(value: Any, name: str) -> np.ndarray:
    array = np.asarray(value)
    if array.dtype == np.uint8:
        return as_codes(array, name, 2).astype(np.uint16)
    return as_half_bits(array, name, 2)[0]


def simulate(m: int, k: int, n: int, gpu: str = "a100-sxm-80g", kernel: str = "w6a16", design: str = "simt", *,
             split: str = "", warm_l2: bool = False, exact: bool = False) -> dict[str, Any]:
    """Simulates Y[n, m] = X[n, k] W[m, k]^T on a GPU. Returns one flat record: cycles, time_us, dram_bytes,
    dram_bandwidth_pct, bound_by, energy_uj, stack.<name> (shares of the time), counter.<name>; a list of them is what
    pandas.DataFrame() takes. gpu, kernel, design: names of `fp6sim list`, or paths of JSON descriptions."""
    if not hasattr(_core, "simulate"):
        raise Error("simulate: this build has no simulator (SystemC was missing)")
    shipped = pathlib.Path(__file__).parent / "data"
    if shipped.is_dir():
        os.environ.setdefault("FP6SIM_DATA", str(shipped))
    return _core.simulate(m, k, n, gpu, kernel, design, split, warm_l2, exact)
