"""Equality of two combinational networks by evaluating every gate on every input: both become one C function that works on
256 inputs at a time.

With at most 31 inputs that is a proof in seconds, where SAT-based equivalence checking of rounding against remainders does
not come back.
"""

import os
import shutil
import subprocess

CHUNK_BITS = 8      # inputs that differ within a vector
MOST_INPUTS = 31
SECONDS = 280

COMPILER = shutil.which(os.environ.get("CC", "cc"))

class Network:
    """An and-inverter graph from an ASCII AIGER file without latches."""

    def __init__(self, path):
        with open(path, encoding="ascii") as file:
            header = file.readline().split()
            if header[0] != "aag" or int(header[3]) != 0:
                raise ValueError(f"{path}: not an ASCII AIGER file without latches")
            self.maximum, inputs, outputs, gates = int(header[1]), int(header[2]), int(header[4]), int(header[5])
            self.inputs = [int(file.readline()) for _ in range(inputs)]
            self.outputs = [int(file.readline()) for _ in range(outputs)]
            self.gates = [tuple(map(int, file.readline().split())) for _ in range(gates)]
            names = {}
            for line in file:
                if line[0] not in "io":
                    break
                key, name = line.split(maxsplit=1)
                names[key] = name.strip()
            self.input_names = [names[f"i{i}"] for i in range(inputs)]
            self.output_names = [names[f"o{i}"] for i in range(outputs)]

    def evaluate(self, values, ones):
        """Values of the outputs, by name; `values` gives each input's by name."""
        at = [0] * (2 * self.maximum + 2)
        at[1] = ones
        for literal, name in zip(self.inputs, self.input_names):
            at[literal] = values[name]
            at[literal ^ 1] = values[name] ^ ones
        for gate, a, b in self.gates:
            value = at[a] & at[b]
            at[gate] = value
            at[gate ^ 1] = value ^ ones
        return {name: at[literal] for name, literal in zip(self.output_names, self.outputs)}


def c_source(a, b, names):
    """A program that prints the first chunk (value of the inputs above CHUNK_BITS) in which outputs differ, if any."""
    out = ["typedef unsigned long long word;", "typedef word vector __attribute__((vector_size(32)));", "#include <stdio.h>",
           "int main(void) {", f"  for (word chunk = 0; chunk < 1ull << {max(0, len(names) - CHUNK_BITS)}; ++chunk) {{",
           "    const vector one = {~0ull, ~0ull, ~0ull, ~0ull};", "    const vector a0 = {0, 0, 0, 0}, b0 = a0;"]
    where = {}
    for bit, name in enumerate(names):
        where[name] = f"x{bit}"
        if bit < 6:
            run = 1 << bit
            mask = ((1 << 64) - 1) // ((1 << 2 * run) - 1) * (((1 << run) - 1) << run)
            value = f"{{{mask}ull, {mask}ull, {mask}ull, {mask}ull}}"
        elif bit < CHUNK_BITS:
            value = "{" + ", ".join("~0ull" if word >> (bit - 6) & 1 else "0" for word in range(4)) + "}"
        else:
            out.append(f"    const vector x{bit} = one & (vector){{0}} - (chunk >> {bit - CHUNK_BITS} & 1);")
            continue
        out.append(f"    const vector x{bit} = {value};")
    for prefix, network in (("a", a), ("b", b)):
        wire = {literal >> 1: where[name] for literal, name in zip(network.inputs, network.input_names)}

        def of(literal, prefix=prefix, wire=wire):
            return ("~" if literal & 1 else "") + wire.get(literal >> 1, f"{prefix}{literal >> 1}")

        out += [f"    const vector {prefix}{gate >> 1} = {of(x)} & {of(y)};" for gate, x, y in network.gates]
        network.wires = {name: of(literal) for name, literal in zip(network.output_names, network.outputs)}
    differences = " | ".join(f"({a.wires[name]} ^ {b.wires[name]})" for name in a.output_names)
    out += [f"    const vector d = {differences};", '    if (d[0] | d[1] | d[2] | d[3]) { printf("%llu", chunk); return 1; }',
            "  }", "  return 0;", "}"]
    return "\n".join(out) + "\n"


def first_difference(path_a, path_b):
    """None if both have the same outputs for all inputs, else (output, {input: bit}) of the first input that differs."""
    a, b = Network(path_a), Network(path_b)
    names = sorted(set(a.input_names) | set(b.input_names))
    if set(a.output_names) != set(b.output_names):
        raise ValueError("the networks have different outputs")
    if len(names) > MOST_INPUTS:
        raise ValueError(f"{len(names)} inputs are too many to go through")
    folder = path_a.parent
    (folder / "exhaust.c").write_text(c_source(a, b, names), encoding="ascii")
    # Below 2^26 inputs a better compilation costs more than it saves.
    subprocess.run([COMPILER, "-O0" if len(names) < 26 else "-O1", "-march=native", "-o", "exhaust", "exhaust.c"], cwd=folder, check=True, timeout=SECONDS)
    done = subprocess.run(["./exhaust"], cwd=folder, capture_output=True, text=True, check=False, timeout=SECONDS)
    if done.returncode == 0:
        return None
    if done.returncode != 1:
        raise ValueError(f"the evaluation ended with status {done.returncode}")
    # That chunk again, signal by signal.
    chunk, ones = int(done.stdout), (1 << (1 << CHUNK_BITS)) - 1
    values = {}
    for bit, name in enumerate(names):
        run = 1 << bit
        values[name] = (ones // ((1 << 2 * run) - 1) * (((1 << run) - 1) << run) if bit < CHUNK_BITS  # 0101.., 0011.., ...
                        else ones if chunk >> (bit - CHUNK_BITS) & 1 else 0)
    of_a, of_b = a.evaluate(values, ones), b.evaluate(values, ones)
    for output in of_a:
        differs = of_a[output] ^ of_b[output]
        if differs:
            index = (differs & -differs).bit_length() - 1
            return output, {name: values[name] >> index & 1 for name in names}
    raise ValueError("the compiled and the interpreted networks differ")
