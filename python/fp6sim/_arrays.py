"""What arrays the functions take: NumPy arrays, and anything with __dlpack__ (torch tensors), without a copy where the
type and the layout are right already."""
from __future__ import annotations

from typing import Any

import numpy as np

_BFLOAT16 = "bfloat16"  # ml_dtypes' name; NumPy itself has no such type


def as_array(value: Any, name: str) -> np.ndarray:
    """value as a NumPy array that shares its memory where that is possible."""
    if isinstance(value, np.ndarray):
        return value
    if hasattr(value, "__dlpack__"):
        if getattr(value, "requires_grad", False):
            value = value.detach()
        try:
            return np.from_dlpack(value)
        except (BufferError, RuntimeError, TypeError) as error:
            raise TypeError(f"{name}: cannot be read through DLPack ({error}); move it to the CPU, or for bfloat16 pass "
                            "tensor.view(torch.int16).numpy().view('uint16') where bits are taken") from error
    if isinstance(value, (list, tuple)):
        return np.asarray(value)
    raise TypeError(f"{name} is a {type(value).__name__}; accepted: NumPy arrays and tensors with __dlpack__")


def _contiguous(array: np.ndarray, dtype: Any) -> np.ndarray:
    # One step: byte order, alignment and strides are put right by a copy, or nothing is done.
    return np.require(array, dtype=np.dtype(dtype), requirements=["C", "A"])


def as_float32(value: Any, name: str, dimensions: int | None = None) -> np.ndarray:
    """binary32, C-contiguous. float16, float64 and ml_dtypes.bfloat16 are converted (float64: rounded to nearest)."""
    array = as_array(value, name)
    if array.dtype.kind != "f" and array.dtype.name != _BFLOAT16:
        raise TypeError(f"{name} has dtype {array.dtype}; accepted: float16, float32, float64, bfloat16")
    _check_dimensions(array, name, dimensions)
    if array.dtype.name == _BFLOAT16:
        array = array.astype(np.float32)
    return _contiguous(array, np.float32)


def as_codes(value: Any, name: str, dimensions: int | None = None, dtype: Any = np.uint8) -> np.ndarray:
    """Unsigned integers of the given type, C-contiguous; no other type is taken for codes."""
    array = as_array(value, name)
    if array.dtype != np.dtype(dtype):
        raise TypeError(f"{name} has dtype {array.dtype}; accepted: {np.dtype(dtype)}")
    _check_dimensions(array, name, dimensions)
    return _contiguous(array, dtype)


def as_half_bits(value: Any, name: str, dimensions: int | None = None) -> tuple[np.ndarray, bool]:
    """(bits as uint16, whether they are bfloat16) of float16, ml_dtypes.bfloat16 or uint16 (taken for binary16)."""
    array = as_array(value, name)
    if array.dtype != np.float16 and array.dtype != np.uint16 and array.dtype.name != _BFLOAT16:
        raise TypeError(f"{name} has dtype {array.dtype}; accepted: float16, bfloat16, or uint16 (binary16 bits)")
    _check_dimensions(array, name, dimensions)
    return _contiguous(array, array.dtype.newbyteorder("=")).view(np.uint16), array.dtype.name == _BFLOAT16


def _check_dimensions(array: np.ndarray, name: str, dimensions: int | None) -> None:
    if dimensions is not None and array.ndim != dimensions:
        raise ValueError(f"{name} has shape {array.shape}; accepted: {dimensions} dimensions")
