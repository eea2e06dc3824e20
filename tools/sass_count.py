#!/usr/bin/env python3
"""Instructions of a kernel's hot loop, from nvdisasm's listing of a cubin.

Usage: sass_count.py NVDISASM CUBIN WEIGHTS_PER_LANE    Prints one JSON object: per opcode, and per weight. The hot loop
is the innermost one with the most HMMA or HGMMA; WEIGHTS_PER_LANE is what one of its rounds dequantises.
"""
import collections
import json
import re
import subprocess
import sys

LABEL = re.compile(r"^(\.L_\w+):")
INSTRUCTION = re.compile(r"/\*[0-9a-f]{4,}\*/\s+(?:@!?U?P\w+\s+)?([A-Z0-9_.]+)([^;]*);")
TARGET = re.compile(r"`\((\.L_\w+)\)")


def hot_loop(listing):
    labels, instructions, best = {}, [], []
    for line in listing.splitlines():
        if match := LABEL.match(line):
            labels[match.group(1)] = len(instructions)
        elif match := INSTRUCTION.search(line):
            opcode, operands = match.groups()
            instructions.append((opcode, operands))
            target = TARGET.search(operands)
            if opcode.startswith("BRA") and target and target.group(1) in labels:
                loop = instructions[labels[target.group(1)]:]
                if mmas(loop) > mmas(best):
                    best = loop
    return best


def mmas(instructions):
    return sum(name.startswith(("HMMA", "HGMMA")) for name, _ in instructions)


def main():
    if len(sys.argv) != 4:
        print(__doc__, file=sys.stderr)
        return 2
    listing = subprocess.run([sys.argv[1], "-c", sys.argv[2]], check=True, capture_output=True, text=True).stdout
    loop = hot_loop(listing)
    weights = int(sys.argv[3])
    if not loop:
        print(f"{sys.argv[2]}: no loop with HMMA or HGMMA", file=sys.stderr)
        return 1
    opcodes = collections.Counter(name.split(".")[0] for name, _ in loop)
    # What dequantising may become: three-input logic, byte permutes, shifts (as SHF, or as IMAD by a power of two) ...
    integer = opcodes["LOP3"] + opcodes["PRMT"] + opcodes["SHF"] + sum(name.startswith("IMAD.SHL") for name, _ in loop)
    # ... and packed half arithmetic.
    half2 = opcodes["HMUL2"] + opcodes["HFMA2"] + opcodes["HADD2"]
    convert = sum(name.startswith("F2FP.F16.E4M3.UNPACK") for name, _ in loop)  # FP8 to binary16, two at a time
    print(json.dumps({"convert_per_weight": convert / weights,
                      "integer_per_weight": integer / weights, "half2_per_weight": half2 / weights,
                      "all_per_weight": len(loop) / weights, "mma": mmas(loop), "opcodes": dict(opcodes)}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
