"""Equality of two combinational networks by evaluating every gate on every input, thousands of inputs at a time.

A Python integer holds one signal's value for 2^18 inputs; with at most about 26 inputs that is a proof in seconds, where
SAT-based equivalence checking of rounding against remainders does not come back.
"""

CHUNK_BITS = 18


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


def first_difference(path_a, path_b):
    """None if both have the same outputs for all inputs, else (output, {input: bit}) of the first input that differs."""
    a, b = Network(path_a), Network(path_b)
    names = sorted(set(a.input_names) | set(b.input_names))
    if set(a.output_names) != set(b.output_names):
        raise ValueError("the networks have different outputs")
    if len(names) > 26:
        raise ValueError(f"{len(names)} inputs are too many to go through")
    low = min(CHUNK_BITS, len(names))
    size = 1 << low
    ones = (1 << size) - 1
    values = {}
    for bit in range(low):  # 0101.., 0011.., ...
        run = 1 << bit
        values[names[bit]] = ones // ((1 << 2 * run) - 1) * (((1 << run) - 1) << run)
    for chunk in range(1 << (len(names) - low)):
        for bit in range(low, len(names)):
            values[names[bit]] = ones if chunk >> (bit - low) & 1 else 0
        of_a, of_b = a.evaluate(values, ones), b.evaluate(values, ones)
        for output in of_a:
            differs = of_a[output] ^ of_b[output]
            if differs:
                index = (differs & -differs).bit_length() - 1
                return output, {name: values[name] >> index & 1 for name in names}
    return None
