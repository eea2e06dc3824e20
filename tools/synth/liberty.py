#!/usr/bin/env python3
"""Writes a small standard-cell library (Liberty) from the method of logical effort, for comparing designs anywhere.

No foundry data is in it. A cell of logical effort g, parasitic delay p and size s has input capacitance g*s*Cinv, output
resistance R/s and delay tau*(p + Cload/(s*Cinv)); its area is its transistor pairs plus one, in poly pitches, three of
which are a NAND2 (4 pairs of fingers and breaks). Names end in the size. Two numbers are calibrated (see docs/rtl.md):
tau, so that a binary16 multiplier takes about as long as published for a 45 nm library, and the energy of a unit load.
Source of g and p: Sutherland, Sproull, Harris, Logical Effort, 1999.
"""

import argparse

TAU_PS = 4.6           # delay of an ideal inverter driving a copy of itself; one FO4 is 5 tau
INVERTER_FF = 1.6      # input capacitance of INV_X1
WIRE_FF = 0.9          # a fanout's share of wire
VOLT = 1.1
SIZES = (1, 2, 4)
LOADS_FF = (0.5, 5, 50, 300)
SLEWS_PS = (1, 30, 300)

# name: function, transistor pairs of (input stage, output stage), parasitic delay, {pin: logical effort}, unateness.
# A cell with an output stage (AND2, BUF) grows only there; one without grows whole.
CELLS = {
    "INV":   ("!A", 1, 0, 1.0, {"A": 1.0}, "negative_unate"),
    "BUF":   ("A", 1, 1, 3.0, {"A": 0.8}, "positive_unate"),
    "NAND2": ("!(A&B)", 2, 0, 2.0, {"A": 4 / 3, "B": 4 / 3}, "negative_unate"),
    "NAND3": ("!(A&B&C)", 3, 0, 3.0, {p: 5 / 3 for p in "ABC"}, "negative_unate"),
    "NAND4": ("!(A&B&C&D)", 4, 0, 4.0, {p: 2.0 for p in "ABCD"}, "negative_unate"),
    "NOR2":  ("!(A|B)", 2, 0, 2.0, {"A": 5 / 3, "B": 5 / 3}, "negative_unate"),
    "NOR3":  ("!(A|B|C)", 3, 0, 3.0, {p: 7 / 3 for p in "ABC"}, "negative_unate"),
    "AND2":  ("A&B", 2, 1, 4.0, {"A": 1.0, "B": 1.0}, "positive_unate"),
    "OR2":   ("A|B", 2, 1, 4.5, {"A": 1.2, "B": 1.2}, "positive_unate"),
    "AOI21": ("!((A&B)|C)", 3, 0, 7 / 3, {"A": 2.0, "B": 2.0, "C": 5 / 3}, "negative_unate"),
    "AOI22": ("!((A&B)|(C&D))", 4, 0, 4.0, {p: 2.0 for p in "ABCD"}, "negative_unate"),
    "OAI21": ("!((A|B)&C)", 3, 0, 7 / 3, {"A": 2.0, "B": 2.0, "C": 5 / 3}, "negative_unate"),
    "OAI22": ("!((A|B)&(C|D))", 4, 0, 4.0, {p: 2.0 for p in "ABCD"}, "negative_unate"),
    "XOR2":  ("A^B", 5, 0, 4.0, {"A": 2.0, "B": 2.0}, "non_unate"),
    "XNOR2": ("!(A^B)", 5, 0, 4.0, {"A": 2.0, "B": 2.0}, "non_unate"),
    "MUX2":  ("(S&B)|(!S&A)", 5, 1, 5.0, {"A": 1.0, "B": 1.0, "S": 2.0}, "non_unate"),
}
# DFFE is a DFF behind a clock gate it shares with 15 others (a gate is 13 pairs).
FLIP_FLOP_PAIRS = {"DFF": 16, "DFFR": 19, "DFFE": 16 + 14 / 16}
FLIP_FLOP_CLOCK_TO_Q = 9.0  # in tau, unloaded
FLIP_FLOP_SETUP = 4.0


def area(input_pairs, output_pairs, size):
    """In gate equivalents: NAND2_X1 is 1."""
    grown = input_pairs + output_pairs * size if output_pairs else input_pairs * size
    return (grown + 1) / 3


def internal_ff(parasitic, size):
    """Capacitance a cell's own drains add to every transition of its output."""
    return parasitic * size * INVERTER_FF * 0.5


def cells():
    """(name, kind, GE, {pin: fF}, internal fF, function) of every cell, for whoever weighs a netlist."""
    for kind, (function, first, last, parasitic, pins, _) in CELLS.items():
        for size in SIZES:
            grow = 1 + (size - 1) * 0.5 if last else size
            yield (f"{kind}_X{size}", kind, area(first, last, size),
                   {pin: g * grow * INVERTER_FF for pin, g in pins.items()}, internal_ff(parasitic, size), function)


def flip_flops():
    """The same for flip-flops; their clock pin switches twice a cycle."""
    for kind, pairs in FLIP_FLOP_PAIRS.items():
        pins = {"D": INVERTER_FF, "CK": INVERTER_FF}
        if kind == "DFFR":
            pins["RN"] = INVERTER_FF
        if kind == "DFFE":
            pins["E"] = INVERTER_FF / 16
        yield f"{kind}_X1", kind, (pairs + 1) / 3, pins, internal_ff(8.0, 1), None


def timing(related, sense, parasitic, size, extra=""):
    delays = [TAU_PS * (parasitic + load / (size * INVERTER_FF)) for load in LOADS_FF]
    row = '"' + ", ".join(f"{delay:.4f}" for delay in delays) + '"'
    rows = ", ".join([row] * len(SLEWS_PS))  # logical effort knows no slews
    tables = "".join(f"        {what}(by_load) {{ values({rows}); }}\n"
                     for what in ("cell_rise", "cell_fall", "rise_transition", "fall_transition"))
    return (f'      timing() {{\n        related_pin : "{related}";\n        timing_sense : {sense};\n{extra}'
            f"{tables}      }}\n")


def liberty():
    out = [f"""/* Written by tools/synth/liberty.py: logical effort, tau {TAU_PS} ps, NAND2_X1 = 1 gate equivalent. */
library(fp6sim_logical_effort) {{
  delay_model : table_lookup;
  time_unit : "1ps"; voltage_unit : "1V"; current_unit : "1mA"; capacitive_load_unit(1, ff);
  pulling_resistance_unit : "1kohm"; leakage_power_unit : "1nW";
  nom_voltage : {VOLT}; nom_temperature : 25; nom_process : 1;
  input_threshold_pct_rise : 50; input_threshold_pct_fall : 50;
  output_threshold_pct_rise : 50; output_threshold_pct_fall : 50;
  slew_lower_threshold_pct_rise : 20; slew_upper_threshold_pct_rise : 80;
  slew_lower_threshold_pct_fall : 20; slew_upper_threshold_pct_fall : 80;
  default_wire_load : "fanout";
  wire_load("fanout") {{ capacitance : 1; resistance : 0; slope : {WIRE_FF}; fanout_length(1, {WIRE_FF}); }}
  lu_table_template(by_load) {{
    variable_1 : input_net_transition; variable_2 : total_output_net_capacitance;
    index_1("{", ".join(map(str, SLEWS_PS))}"); index_2("{", ".join(map(str, LOADS_FF))}");
  }}
"""]
    for name, kind, ge, pins, _, function in cells():
        size = int(name.rsplit("X", 1)[1])
        _, _, _, parasitic, _, sense = CELLS[kind]
        out.append(f"  cell({name}) {{\n    area : {ge:.4f};\n")
        for pin, ff in pins.items():
            out.append(f"    pin({pin}) {{ direction : input; capacitance : {ff + WIRE_FF:.4f}; }}\n")
        out.append(f'    pin(Y) {{\n      direction : output; function : "{function}"; max_capacitance : {60 * size};\n')
        out += [timing(pin, sense, parasitic, size) for pin in pins]
        out.append("    }\n  }\n")
    for name, kind, ge, pins, _, _ in flip_flops():
        if kind == "DFFE":
            continue  # Liberty has no word for it that mappers know: netlist.py places it by name
        clear = ' clear : "!RN";' if kind == "DFFR" else ""
        out.append(f'  cell({name}) {{\n    area : {ge:.4f};\n    ff(IQ, IQN) {{ clocked_on : "CK"; next_state : "D";{clear} }}\n')
        for pin, ff in pins.items():
            clock = " clock : true;" if pin == "CK" else ""
            out.append(f"    pin({pin}) {{ direction : input; capacitance : {ff + WIRE_FF:.4f};{clock} }}\n")
        out.append('    pin(Q) {\n      direction : output; function : "IQ";\n')
        out.append(timing("CK", "non_unate", FLIP_FLOP_CLOCK_TO_Q, 1, "        timing_type : rising_edge;\n"))
        out.append("    }\n  }\n")
    return "".join(out) + "}\n"


def verilog(formal=False):
    """Models of the cells: for a simulator, or (no delays to order clock and data) for a prover."""
    out = ["// Written by tools/synth/liberty.py: behaviour of the library's cells.\n`timescale 1ns/1ps\n"]
    for name, kind, _, pins, _, function in cells():
        ports = ", ".join(f"input {pin}" for pin in pins)
        out.append(f"module {name}({ports}, output Y); assign Y = {function.replace('!', '~')}; endmodule\n")
    for name, kind, _, pins, _, _ in flip_flops():
        ports = ", ".join(f"input {pin}" for pin in pins)
        sensitivity = "posedge CK or negedge RN" if kind == "DFFR" else "posedge CK"
        body = {"DFF": "Q <= D;", "DFFR": "if (!RN) Q <= 1'b0; else Q <= D;", "DFFE": "if (E) Q <= D;"}[kind]
        if not formal:
            body = body.replace("<=", "<= #0.01")
        out.append(f"module {name}({ports}, output reg Q); always @({sensitivity}) {body} endmodule\n")
    return "".join(out)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--verilog", action="store_true", help="write the cells' Verilog models instead")
    parser.add_argument("-o", "--output", required=True)
    arguments = parser.parse_args()
    with open(arguments.output, "w", encoding="ascii") as file:
        file.write(verilog() if arguments.verilog else liberty())


if __name__ == "__main__":
    main()
