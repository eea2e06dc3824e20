"""Exact GEMM and mma against what NumPy can say, and the simulator's records."""
import json
import pathlib
import subprocess
import sys

import numpy as np
import pytest

import fp6sim
import fp6sim._core


def test_small_integers_are_exact_on_every_tensor_core():
    random = np.random.default_rng(0)
    w = random.integers(-8, 9, (24, 96)).astype(np.float16)
    x = random.integers(-8, 9, (5, 96)).astype(np.float16)
    expected = x.astype(np.float64) @ w.astype(np.float64).T
    for arch in ("volta", "turing", "ampere", "ada", "hopper", "blackwell"):
        y = fp6sim.gemm(w, x, arch)
        assert y.shape == (5, 24) and y.dtype == np.float32
        np.testing.assert_array_equal(y, expected)
    np.testing.assert_array_equal(fp6sim.gemm(w, x, split_k=3, tile_k=16), expected)


def test_gemm_is_the_chain_of_mma():
    random = np.random.default_rng(1)
    w = random.standard_normal((4, 64)).astype(np.float16)
    x = random.standard_normal((3, 64)).astype(np.float16)
    for arch in ("ampere", "hopper"):
        y = fp6sim.gemm(w, x, arch)
        a, b = np.repeat(x, 4, axis=0), np.tile(w, (3, 1))
        d = fp6sim.mma(a, b, np.zeros(12, np.float32), arch)
        np.testing.assert_array_equal(d.reshape(3, 4).view(np.uint32), y.view(np.uint32))
        np.testing.assert_allclose(y, x.astype(np.float64) @ w.astype(np.float64).T, atol=1e-3)


def test_mma_takes_codes_and_binary16_sums():
    one = fp6sim.encode(np.ones((2, 32), np.float32), "e4m3")
    np.testing.assert_array_equal(
        fp6sim.mma(one, one, np.float32([0, 1]), "hopper", a_format="e4m3", b_format="e4m3"), np.float32([32, 33]))
    ones = np.ones((1, 16), np.float16)
    d = fp6sim.mma(ones, ones, np.float16([0.5]), accumulate="f16")
    assert d.dtype == np.float16 and d[0] == 16.5


@pytest.mark.skipif(not hasattr(fp6sim._core, "simulate"), reason="built without SystemC")
def test_simulate_gives_flat_records():
    record = fp6sim.simulate(1024, 1024, 8, kernel="w6a16")
    json.dumps(record)
    assert record["time_us"] > 0 and record["dram_bytes"] >= 1024 * 1024 * 6 // 8
    assert abs(sum(v for key, v in record.items() if key.startswith("stack.")) - 1) < 1e-9
    with pytest.raises(fp6sim.Error, match="a100"):
        fp6sim.simulate(1024, 1024, 8, gpu="a101")
    with pytest.raises(fp6sim.Error):
        fp6sim.simulate(0, 1024, 8)


def test_the_example_saves_what_the_format_holds(tmp_path):
    root = pathlib.Path(__file__).resolve().parents[2]
    out = tmp_path / "state.npz"
    subprocess.run([sys.executable, root / "python/examples/fake_quantize_state_dict.py", out], check=True,
                   capture_output=True)
    with np.load(out) as state:
        weight = state["model.layers.0.mlp.down_proj.weight"]
        assert weight.dtype == np.float16
        assert max(len(np.unique(row)) for row in weight) <= 64
        assert "model.embed_tokens.weight" in state
