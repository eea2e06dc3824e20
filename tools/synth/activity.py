"""Switching energy of a mapped netlist: random inputs, 64 independent copies at once, a number of cycles."""

import random

import liberty

COPIES = 64
CYCLES = 24
WARM_UP = 8

FUNCTIONS = {kind: row[0].replace("!", "~") for kind, row in liberty.CELLS.items()}


def energy_pj(module, variant):
    """Mean energy of a cycle in pJ, a beat moving in each: valid and ready are 1, modes legal and constant."""
    ones = (1 << COPIES) - 1
    source = random.Random(1)
    capacitance = {}
    kinds = {name: (kind, pins, internal) for name, kind, _, pins, internal, _ in
             [*liberty.cells(), *liberty.flip_flops()]}
    gates, registers, clock_ff = [], [], 0.0
    for cell in module["cells"].values():
        kind, pins, internal = kinds[cell["type"]]
        for pin, ff in pins.items():
            bit = cell["connections"][pin][0]
            if pin == "CK":
                clock_ff += ff + liberty.WIRE_FF / 4  # a clock tree's share
            else:
                capacitance[bit] = capacitance.get(bit, 0.0) + ff + liberty.WIRE_FF
        output = cell["connections"].get("Y", cell["connections"].get("Q"))[0]
        capacitance[output] = capacitance.get(output, 0.0) + internal
        bits = {pin: cell["connections"][pin][0] for pin in pins}
        if "CK" in pins:
            registers.append((bits, output))
        else:
            gates.append((FUNCTIONS[kind], bits, output))

    # Fixed inputs: handshakes open, a legal mode; everything else is random.
    fixed = {"in_valid_i": 1, "out_ready_i": 1, "scale_valid_i": 1, "rst_ni": 1, "error_clear_i": 0, "clk_i": 0,
             "in_split_i": 0, "in_bfloat_i": 0, "in_group_beats_i": 4}
    if variant.top == "dequant_unit":
        splits = int(str(variant.parameters.get("Splits", "5'd1")).split("d")[-1])
        formats = int(str(variant.parameters.get("Formats", "8'd1")).split("d")[-1])
        fixed |= {"in_split_i": lowest(splits), "in_format_i": lowest(formats)}
    value = {"0": 0, "1": ones, "x": 0}
    free = []
    for name, port in module["ports"].items():
        if port["direction"] != "input":
            continue
        for at, bit in enumerate(port["bits"]):
            if name in fixed:
                value[bit] = ones if fixed[name] >> at & 1 else 0
            else:
                # Scales are those of weights, about 2^-9: sign and all of the fraction random.
                scale = name == "scale_i" and at % 16 in (10, 11, 12, 13, 14)
                if scale:
                    value[bit] = ones if 6 >> (at % 16 - 10) & 1 else 0
                else:
                    free.append(bit)

    ordered = in_order(gates, set(value) | set(free) | {output for _, output in registers})
    code = compile("\n".join(f"v[{out}] = ({expression(f, bits)}) & ones" for f, bits, out in ordered) or "pass",
                   "netlist", "exec")
    for _, output in registers:
        value[output] = 0
    toggled, before = 0.0, {}
    for cycle in range(CYCLES + WARM_UP):
        for bit in free:
            value[bit] = source.getrandbits(COPIES)
        exec(code, {"v": value, "ones": ones})  # noqa: S102  the expressions are the library's own
        if cycle >= WARM_UP:
            for bit, ff in capacitance.items():
                if bit in value:
                    toggled += ff * (value[bit] ^ before.get(bit, value[bit])).bit_count()
        before = dict(value)
        following = []
        for bits, _ in registers:
            d, q = value[bits["D"]], None
            following.append((d, value[bits["E"]] if "E" in bits else ones, q))
        for (bits, output), (d, enable, _) in zip(registers, following):
            value[output] = (d & enable) | (value[output] & ~enable & ones)
    per_cycle_ff = toggled / COPIES / CYCLES / 2 + clock_ff  # the clock makes two transitions
    return per_cycle_ff * liberty.VOLT ** 2 * 1e-3


def lowest(mask):
    """The first of several built in."""
    return (mask & -mask).bit_length() - 1


def expression(function, bits):
    return "".join(f"v[{bits[c]!r}]" if c in bits else c for c in function).replace("~(", "~ (")


def in_order(gates, known):
    """The gates such that every one comes after those it reads."""
    readers, missing = {}, []
    for index, (_, bits, _) in enumerate(gates):
        needs = {bit for bit in bits.values() if bit not in known and not isinstance(bit, str)}
        missing.append(len(needs))
        for bit in needs:
            readers.setdefault(bit, []).append(index)
    ready = [index for index, count in enumerate(missing) if count == 0]
    ordered = []
    while ready:
        index = ready.pop()
        ordered.append(gates[index])
        for reader in readers.get(gates[index][2], ()):
            missing[reader] -= 1
            if missing[reader] == 0:
                ready.append(reader)
    if len(ordered) != len(gates):
        raise ValueError("the netlist has a combinational loop")
    return ordered
