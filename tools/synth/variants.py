"""What is weighed: one row a design."""

import dataclasses

FORMATS = ("e3m2", "e2m3", "e2m2", "e3m1", "e2m1", "int8", "int4", "int4-zp")
BITS = (6, 6, 5, 5, 4, 8, 4, 4)


@dataclasses.dataclass(frozen=True)
class Variant:
    name: str
    description: str
    top: str
    parameters: dict
    lanes: int
    depth: int          # registers on the way of a beat; 0 is combinational
    formats: tuple
    delay: int = 1500   # ps that mapping aims at
    stimulus: bool = True  # random inputs make sense: weigh its energy


def lane(index):
    return Variant(f"lane-{FORMATS[index]}", "one lane alone, its scale prepared for it", "dequant_lane",
                   {"Formats": f"8'd{1 << index}", "Bfloat": "1'b0"}, 1, 0, (FORMATS[index],), 1900)


def small(index):
    return Variant(f"small-{FORMATS[index]}", "one lane alone, nothing to share", "scaled_lane",
                   {"Format": f"4'd{index}"}, 1, 0, (FORMATS[index],), 1500)


def unit(index, lanes, depth, split=0, suffix=""):
    bits = BITS[index]
    return Variant(f"{FORMATS[index]}-l{lanes}d{depth}{suffix}", "unit of one format, one split", "dequant_unit",
                   {"Lanes": lanes, "Depth": depth, "Formats": f"8'd{1 << index}", "Splits": f"5'd{1 << split}",
                    "BusBits": lanes * bits, "Bfloat": "1'b0"}, lanes, depth, (FORMATS[index],))


def everything(lanes, depth):
    return Variant(f"all-l{lanes}d{depth}", "unit of all formats, splits and bfloat16", "dequant_unit",
                   {"Lanes": lanes, "Depth": depth}, lanes, depth, FORMATS)


PACKED = 3
VARIANTS = [
    Variant("place-e3m2", "bias shift", "bias_shift_decoder", {}, 1, 0, ("e3m2",)),
    Variant("exact-e3m2", "exact decoder", "exact_decoder", {}, 1, 0, ("e3m2",), 200),
    Variant("exact-e2m3", "exact decoder", "exact_decoder", {"ExpBits": 2, "ManBits": 3}, 1, 0, ("e2m3",), 200),
    Variant("table-l1", "writable 64-entry table", "lut_decoder", {}, 1, 1, ("any",), 500, False),
    Variant("table-l32", "the same table for 32 lanes", "lut_decoder", {"Lanes": 32}, 32, 1, ("any",), 500, False),
    small(0), small(1), small(6), small(7), lane(0), lane(1), lane(5), lane(6), lane(7),
    Variant("lane-all", "one lane alone, all formats", "dequant_lane", {}, 1, 0, FORMATS, 1900),
    Variant("full-e3m2", "exact decoder and full multiplier", "full_multiply_lane", {}, 1, 0, ("e3m2",), 1900),
    Variant("multiplier", "full binary16 multiplier", "fp16_multiplier", {}, 1, 0, ("fp16",), 2300),
    Variant("place-l32", "unit without multiplier: placement", "decode_unit", {}, 32, 1, ("e3m2",)),
    Variant("exact-l32", "unit without multiplier: exact", "decode_unit", {"Exact": "1'b1"}, 32, 1, ("e3m2",)),
    Variant("gearbox-128-192", "packed6: 128-bit words to 32 codes", "packed6_gearbox", {}, 32, 1, ("packed6",), 500, False),
    *[unit(0, 32, depth) for depth in (1, 2, 3, 4)],
    *[unit(0, lanes, 2) for lanes in (1, 4, 8, 16, 64)],
    unit(0, 32, 2, PACKED, "-packed"),
    unit(1, 32, 2), unit(5, 32, 2, PACKED), unit(6, 32, 2, PACKED), unit(7, 32, 2, PACKED),
    Variant("floats-l32d2", "unit of the five floats, all splits", "dequant_unit",
            {"Lanes": 32, "Depth": 2, "Formats": "8'd31", "Splits": "5'd31", "Bfloat": "1'b0"}, 32, 2, FORMATS[:5]),
    everything(32, 2), everything(32, 3),
    Variant("dot8-e3m2", "dot product of 8 codes, Ampere's sum", "fp6_dot", {}, 8, 0, ("e3m2",), 4000),
    Variant("dot16-e2m3", "dot product of 16 codes, Hopper's sum", "fp6_dot",
            {"Products": 16, "Fraction": 25, "ExpBits": 2, "ManBits": 3}, 16, 0, ("e2m3",), 4000),
]
