"""What arrays are taken: copied, refused by name, never misread."""
import subprocess
import sys
import threading
import time

import numpy as np
import pytest

import fp6sim

WEIGHTS = np.random.default_rng(0).standard_normal((8, 32)).astype(np.float32)


def same(a, b):
    np.testing.assert_array_equal(a.codes, b.codes)
    np.testing.assert_array_equal(a.scales, b.scales)


@pytest.mark.parametrize("change", [
    lambda w: np.asfortranarray(w), lambda w: np.repeat(w, 2, axis=1)[:, ::2], lambda w: w[::-1][::-1],
    lambda w: w.astype(">f4"), lambda w: w.astype(np.float64), lambda w: w.tolist(),
    lambda w: np.frombuffer(b"x" + w.tobytes(), dtype=np.uint8)[1:].view(np.float32).reshape(w.shape),
], ids=["fortran", "strided", "reversed", "big-endian", "float64", "list", "unaligned"])
def test_layouts_are_read_right(change):
    same(fp6sim.quantize(change(WEIGHTS), "e3m2"), fp6sim.quantize(WEIGHTS, "e3m2"))


def test_transposed_gemm_operands():
    w = np.random.default_rng(1).standard_normal((16, 32)).astype(np.float16)
    x = np.random.default_rng(2).standard_normal((3, 16)).astype(np.float16)
    np.testing.assert_array_equal(fp6sim.gemm(w.T, x), fp6sim.gemm(np.ascontiguousarray(w.T), x))


def test_float16_and_bfloat16_are_read_right():
    ml_dtypes = pytest.importorskip("ml_dtypes")
    for dtype in (np.float16, ml_dtypes.bfloat16):
        narrow = WEIGHTS.astype(dtype)
        same(fp6sim.quantize(narrow, "e3m2"), fp6sim.quantize(narrow.astype(np.float32), "e3m2"))


class Tensor:
    """A stand-in for torch's: nothing but DLPack."""

    def __init__(self, array):
        self.array = array

    def __dlpack__(self, **arguments):
        return self.array.__dlpack__(**arguments)

    def __dlpack_device__(self):
        return self.array.__dlpack_device__()


def test_dlpack():
    same(fp6sim.quantize(Tensor(WEIGHTS), "e3m2"), fp6sim.quantize(WEIGHTS, "e3m2"))
    same(fp6sim.quantize(Tensor(WEIGHTS[:, ::2]), "e3m2"), fp6sim.quantize(WEIGHTS[:, ::2], "e3m2"))


def test_torch():
    torch = pytest.importorskip("torch")
    tensor = torch.nn.Parameter(torch.from_numpy(WEIGHTS.copy()))
    same(fp6sim.quantize(tensor, "e3m2"), fp6sim.quantize(WEIGHTS, "e3m2"))


@pytest.mark.parametrize("bad,what", [
    (lambda: fp6sim.quantize(np.zeros((2, 2), np.int32), "e3m2"), "int32"),
    (lambda: fp6sim.quantize(np.zeros((2, 2), complex), "e3m2"), "complex"),
    (lambda: fp6sim.quantize(np.array([[None]]), "e3m2"), "object"),
    (lambda: fp6sim.quantize("weights", "e3m2"), "str"),
    (lambda: fp6sim.decode(np.zeros(3, np.int8), "e3m2"), "int8"),
    (lambda: fp6sim.pack(np.zeros(3, np.float32), "4+2"), "float32"),
    (lambda: fp6sim.gemm(WEIGHTS, WEIGHTS), "float32"),
    (lambda: fp6sim.unpack(np.zeros(3, np.int64), np.zeros(3, np.uint32), "4+2", 3), "int64"),
    (lambda: fp6sim.mma(np.zeros((1, 16), np.float16), np.zeros((1, 16), np.float16), np.zeros(1)), "float64"),
])
def test_wrong_types_are_refused(bad, what):
    with pytest.raises(TypeError, match=what):
        bad()


@pytest.mark.parametrize("bad,what", [
    (lambda: fp6sim.quantize(WEIGHTS[0], "e3m2"), "2 dimensions"),
    (lambda: fp6sim.quantize(WEIGHTS, "e3m3"), "did you mean"),
    (lambda: fp6sim.quantize(WEIGHTS, "e3m2", "group:5"), "does not divide"),
    (lambda: fp6sim.quantize(WEIGHTS, "e3m2", "column"), "column"),
    (lambda: fp6sim.quantize(WEIGHTS, "fp16"), "8 bits"),
    (lambda: fp6sim.quantize(WEIGHTS * np.float32(np.inf), "e3m2"), "finite"),
    (lambda: fp6sim.quantize(WEIGHTS[:0], "e3m2"), "at least 1"),
    (lambda: fp6sim.quantize(WEIGHTS, "e3m2", zero_point=True), "zero point"),
    (lambda: fp6sim.decode(np.uint8([64]), "e3m2"), "below 64"),
    (lambda: fp6sim.pack(np.uint8([1, 64]), "4+2"), "64"),
    (lambda: fp6sim.pack(np.uint8([1]), "5+1"), "5\\+1"),
    (lambda: fp6sim.unpack(np.zeros(1, np.uint32), np.zeros(1, np.uint32), "4+2", 17), "3 wide"),
    (lambda: fp6sim.dequantize(np.zeros((2, 6), np.uint8), "e3m2", np.ones((2, 4), np.float16)), "dividing"),
    (lambda: fp6sim.gemm(np.zeros((2, 4), np.float16), np.zeros((2, 5), np.float16)), "differ in K"),
    (lambda: fp6sim.gemm(np.zeros((2, 4), np.float16), np.zeros((2, 4), np.float16), "pascal"), "pascal"),
    (lambda: fp6sim.mma(np.zeros((1, 7), np.float16), np.zeros((1, 7), np.float16), np.zeros(1, np.float32)), "multiples"),
])
def test_wrong_values_are_refused(bad, what):
    with pytest.raises(ValueError, match=what):
        bad()


def test_the_lock_is_released():
    weights = np.random.default_rng(0).standard_normal((2048, 2048)).astype(np.float32)
    ticks, done = [], threading.Event()

    def count():
        while not done.is_set():
            ticks.append(time.perf_counter())
            time.sleep(0.001)

    thread = threading.Thread(target=count)
    thread.start()
    begin = time.perf_counter()
    fp6sim.quantize(weights, "int5", "group:16")
    end = time.perf_counter()
    done.set()
    thread.join()
    assert any(begin < tick < end for tick in ticks)


def test_import_waits_with_numpy():
    code = "import sys, fp6sim; print(*sorted(sys.modules))"
    loaded = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout.split()
    assert "fp6sim" in loaded
    assert not {"numpy", "torch", "ml_dtypes", "fp6sim._core"} & set(loaded)


def test_the_package_lists_what_it_has():
    assert set(fp6sim.__all__) <= set(dir(fp6sim))
    for name in fp6sim.__all__:
        assert getattr(fp6sim, name).__doc__
    with pytest.raises(AttributeError, match="quantise"):
        fp6sim.quantise
