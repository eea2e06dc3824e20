"""Conversions and quantising against ml_dtypes and plain NumPy."""
import numpy as np
import pytest

import fp6sim

FLOATS = {"e3m2": "float6_e3m2fn", "e2m3": "float6_e2m3fn", "e2m1": "float4_e2m1fn", "e4m3": "float8_e4m3fn",
          "e5m2": "float8_e5m2"}


def every_binary16():
    return np.arange(65536, dtype=np.uint16).view(np.float16)


@pytest.mark.parametrize("name", FLOATS)
def test_decode_equals_ml_dtypes(name):
    ml_dtypes = pytest.importorskip("ml_dtypes")
    bits = next(row["bits"] for row in fp6sim.formats() if row["name"] == name)
    codes = np.arange(1 << bits, dtype=np.uint8)
    expected = codes.view(getattr(ml_dtypes, FLOATS[name])).astype(np.float32)
    np.testing.assert_array_equal(fp6sim.decode(codes, name), expected)


@pytest.mark.parametrize("name", ["e3m2", "e2m3", "e2m1"])
def test_encode_equals_ml_dtypes(name):
    ml_dtypes = pytest.importorskip("ml_dtypes")
    values = every_binary16()
    values = values[~np.isnan(values)]
    with np.errstate(all="ignore"):
        expected = values.astype(np.float32).astype(getattr(ml_dtypes, FLOATS[name])).view(np.uint8)
    bits = next(row["bits"] for row in fp6sim.formats() if row["name"] == name)
    np.testing.assert_array_equal(fp6sim.encode(values, name), expected & ((1 << bits) - 1))


def test_encode_rounds_to_the_nearest_value():
    values = np.linspace(-30, 30, 4001, dtype=np.float32)
    table = fp6sim.decode(np.arange(64, dtype=np.uint8), "e3m2")
    nearest = np.abs(values[:, None] - table[None, :]).min(axis=1)
    np.testing.assert_array_equal(np.abs(fp6sim.decode(fp6sim.encode(values, "e3m2"), "e3m2") - values), nearest)


def test_nan_saturates_and_roundings_differ():
    assert fp6sim.encode(np.float32([np.nan, np.inf, -np.inf]), "e3m2").tolist() == [31, 31, 63]
    value = np.float32([1.1])
    assert fp6sim.decode(fp6sim.encode(value, "e3m2", "rz"), "e3m2") == [1.0]
    drawn = fp6sim.decode(fp6sim.encode(np.full(4000, 1.1, np.float32), "e3m2", "stochastic:5"), "e3m2")
    assert set(drawn.tolist()) == {1.0, 1.25}
    assert abs(drawn.mean() - 1.1) < 0.01


@pytest.mark.parametrize("format,largest", [("int4", 7), ("int8", 127), ("e3m2", 28), ("e2m3", 7.5)])
@pytest.mark.parametrize("scale,group", [("row", 96), ("group:32", 32)])
def test_quantize_follows_its_formula(format, largest, scale, group):
    random = np.random.default_rng(1)
    weights = random.standard_normal((7, 96)).astype(np.float32)
    result = fp6sim.quantize(weights, format, scale)
    groups = np.abs(weights.reshape(7, -1, group)).max(axis=2)
    np.testing.assert_array_equal(result.scales, (groups / np.float32(largest)).astype(np.float16))
    scales = np.repeat(result.scales.astype(np.float32), group, axis=1)
    back = result.dequantize()
    assert back.dtype == np.float16
    if format.startswith("int"):
        bits = int(format[3:])
        q = np.clip(np.rint(weights / scales), -largest - 1, largest).astype(np.int64)
        np.testing.assert_array_equal(result.codes, q & ((1 << bits) - 1))
        np.testing.assert_array_equal(back, (q * scales.astype(np.float64)).astype(np.float16))
    else:
        np.testing.assert_array_equal(result.codes, fp6sim.encode(weights / scales, format))
        np.testing.assert_array_equal(back, (fp6sim.decode(result.codes, format) * scales).astype(np.float16))


def test_zero_points():
    weights = np.float32([[0, 1, 2, 3], [-3, -1, 0, 0]])
    result = fp6sim.quantize(weights, "int4", "row", zero_point=True)
    np.testing.assert_allclose(result.dequantize(), weights, atol=0.11)
    assert result.zeros.tolist() == [[0], [15]]


@pytest.mark.parametrize("split,format", [("4+2", "e3m2"), ("2+4", "e3m2"), ("4+2-byte", "e3m2"), ("packed6", "e2m3"),
                                          ("padded8", "int8"), ("4+1", "e2m2"), ("packed4", "int4")])
def test_packing_round_trips(split, format):
    random = np.random.default_rng(2)
    bits = next(row["bits"] for row in fp6sim.formats() if row["name"] == format)
    for count in (1, 15, 16, 33, 1000):
        codes = random.integers(0, 1 << bits, count).astype(np.uint8)
        wide, narrow = fp6sim.pack(codes, split)
        assert wide.dtype == narrow.dtype == np.uint32
        np.testing.assert_array_equal(fp6sim.unpack(wide, narrow, split, count), codes)


def test_packed6_is_a_bit_stream():
    codes = np.random.default_rng(3).integers(0, 64, 64).astype(np.uint8)
    stream = sum(int(code) << (6 * i) for i, code in enumerate(codes))
    wide, narrow = fp6sim.pack(codes, "packed6")
    assert narrow.size == 0
    assert int.from_bytes(wide.astype("<u4").tobytes(), "little") == stream
