#!/usr/bin/env python3
"""Proves the RTL's equivalences and stream properties with Yosys and abc. Exits 1 if a proof fails, 2 if it cannot run.

  prove.py                  every proof
  prove.py lane-e3m2 ...    these (see --list)
  --mutants                 instead: plant each fault of MUTANTS into a copy of the RTL; every one must be found

Each proof prints one line: name, what is proved, seconds. An undecided proof (time out) is a failure, not a pass.
"""

import argparse
import concurrent.futures
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path.insert(0, str(ROOT / "tools" / "synth"))
import exhaust  # noqa: E402
import liberty  # noqa: E402
from netlist import MAP_SCRIPT, clock_gated, rtl_files  # noqa: E402

ABC = shutil.which("yosys-abc") or shutil.which("berkeley-abc")
SECONDS = 300  # per tool call; a few seconds each on an idle machine


class Failed(Exception):
    """A proof that does not hold, or was not finished."""


def call(command, folder):
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=SECONDS, check=False)
    except subprocess.TimeoutExpired as error:
        raise Failed(f"not finished in {SECONDS} s") from error
    return done.returncode, done.stdout + done.stderr


def yosys(script, folder):
    status, output = call(["yosys", "-q", "-p", script], folder)
    if status != 0:
        raise Failed("yosys: " + output.strip().splitlines()[-1])


def abc(script, folder):
    return call([ABC, "-c", script], folder)[1]


TO_LOGIC = "proc; flatten; memory; opt -full; techmap; opt -full; aigmap; opt_clean -purge"


def combinational(rtl, folder, implementation, specification, ports, outputs="output logic [15:0] result_o"):
    """Proves two instances, given as Verilog text, equal for all inputs of `ports` (declarations): see exhaust.py."""
    specifications = " ".join(str(path) for path in sorted(HERE.glob("*_specification.sv")))
    for name, text in (("a", implementation), ("b", specification)):
        (folder / f"{name}.sv").write_text(f"module top({ports}, {outputs});\n{text}\nendmodule\n")
        files = " ".join(map(str, rtl)) + f" {specifications} {name}.sv"
        yosys(f"read_verilog -sv -defer {files}; hierarchy -top top; {TO_LOGIC}; write_aiger -ascii -symbols {name}.aag", folder)
    difference = exhaust.first_difference(folder / "a.aag", folder / "b.aag")
    if difference:
        output, values = difference
        ones = " ".join(name for name, bit in values.items() if bit)
        raise Failed(f"{output} differs where these inputs are 1 and all others 0: {ones or 'none'}")


def lane(number, bfloat, formats):
    """dequant_lane with the formats of that mask, at one of them."""
    def prove(rtl, folder):
        code = f"input [{BITS[number] - 1}:0] code"
        zero = "input [3:0] zero" if FORMATS[number] == "int4-zp" else ""
        common = f"""(.format_i(4'd{number}), .bfloat_i(1'b{bfloat}), .code_i({{{8 - BITS[number]}'d0, code}}),
                     .zero_i({"zero" if zero else "4'd0"}), .scale_i(scale), .result_o(result_o));"""
        if BITS[number] == 8:
            common = common.replace("{0'd0, code}", "code")
        implementation = f"dequant_lane #(.Formats(8'd{formats}), .Bfloat(1'b{bfloat})) u {common}"
        combinational(rtl, folder, implementation, f"lane_specification u {common}",
                      ", ".join(filter(None, (code, zero, "input [15:0] scale"))))
    return prove


def small_lane(number):
    """scaled_lane, which shares nothing between lanes."""
    def prove(rtl, folder):
        code = f"input [{BITS[number] - 1}:0] code"
        zero = "input [3:0] zero" if FORMATS[number] == "int4-zp" else ""
        common = f""".code_i({{{8 - BITS[number]}'d0, code}}), .zero_i({"zero" if zero else "4'd0"}),
                     .scale_i(scale), .result_o(result_o));"""
        combinational(rtl, folder, f"scaled_lane #(.Format(4'd{number})) u ({common}",
                      f"lane_specification u (.format_i(4'd{number}), .bfloat_i(1'b0), {common}",
                      ", ".join(filter(None, (code, zero, "input [15:0] scale"))))
    return prove


def decoder(module, exp_bits, man_bits, number, scale):
    """A decoder alone is the lane's specification at a fixed scale: 1, or the power of two that bias shift leaves."""
    def prove(rtl, folder):
        width = 1 + exp_bits + man_bits
        implementation = f"{module} #(.ExpBits({exp_bits}), .ManBits({man_bits})) u (.code_i(code), .half_o(result_o));"
        specification = f"""lane_specification u (.format_i(4'd{number}), .bfloat_i(1'b0),
            .code_i({{{8 - width}'d0, code}}), .zero_i(4'd0), .scale_i(16'd{scale}), .result_o(result_o));"""
        combinational(rtl, folder, implementation, specification, f"input [{width - 1}:0] code")
    return prove


def full_lane(rtl, folder):
    combinational(rtl, folder, "full_multiply_lane u (.code_i(code), .scale_i(scale), .result_o(result_o));",
                  """lane_specification u (.format_i(4'd0), .bfloat_i(1'b0), .code_i({2'd0, code}), .zero_i(4'd0),
                     .scale_i(scale), .result_o(result_o));""", "input [5:0] code, input [15:0] scale")


def multiplier(rtl, folder):
    """All 2^32 pairs: with the signs of each corner of the square, on whose results synthesis finds what does not depend on
    them the same."""
    def four(module):
        return "\n".join(f"{module} u{s} (.a_i({{1'b{s & 1}, a}}), .b_i({{1'b{s >> 1}, b}}), .result_o(r[{16 * s}+:16]));"
                         for s in range(4))
    combinational(rtl, folder, four("fp16_multiplier"), four("multiplier_specification"),
                  "input [14:0] a, input [14:0] b", "output logic [63:0] r")


def dot(products, fraction, code, activation, accumulator):
    """fp6_dot with small formats, (exponent bits, mantissa bits) each."""
    values = dict(zip(("Products", "Fraction", "ExpBits", "ManBits", "ActExpBits", "ActManBits", "AccExpBits", "AccManBits"),
                      (products, fraction, *code, *activation, *accumulator)))
    settings = ", ".join(f".{name}({value})" for name, value in values.items())
    bits = sum(accumulator) + 1

    def prove(rtl, folder):
        instance = f"#({settings}) u (.codes_i(codes), .activations_i(activations), .c_i(c), .d_o(d));"
        combinational(rtl, folder, f"fp6_dot {instance}", f"dot_specification {instance}",
                      f"input [{products * (sum(code) + 1) - 1}:0] codes, input [{products * (sum(activation) + 1) - 1}:0] "
                      f"activations, input [{bits - 1}:0] c", f"output logic [{bits - 1}:0] d")
    return prove


def stream(depth, scales, bound=0):
    """Unbounded by property-directed reachability, or for so many cycles from reset."""
    def prove(rtl, folder):
        files = " ".join(map(str, rtl)) + f" {HERE / 'stream_property.sv'}"
        yosys(f"read_verilog -sv -defer {files}; chparam -set Depth {depth} -set CheckScale 1'b{scales} stream_property; "
              "hierarchy -top stream_property; proc; flatten; memory; opt -full; async2sync; "
              "techmap; opt -full; dffunmap; simplemap; aigmap; opt_clean -purge; "
              "write_blif stream.blif", folder)
        search = f"bmc3 -F {bound}" if bound else "pdr"
        output = abc(f"read stream.blif; strash; zero; scorr; {search}", folder)
        if ("No output asserted" if bound else "Property proved") not in output:
            raise Failed(f"{search}: " + output.strip().splitlines()[-1])
    return prove


def mapped(parameters):
    """The netlist that tools/synth weighs, cells of our library, is the RTL: sequentially, from reset on."""
    def prove(rtl, folder):
        (folder / "cells.lib").write_text(liberty.liberty())
        (folder / "cells.v").write_text(liberty.verilog(formal=True))
        (folder / "gate.v").write_text(clock_gated())
        (folder / "map.abc").write_text(MAP_SCRIPT.format(delay=2000))
        sets = " ".join(f"-set {name} {value}" for name, value in parameters.items())
        read = f"read_verilog -sv -defer {' '.join(map(str, rtl))}; chparam {sets} dequant_unit; hierarchy -top dequant_unit"
        finish = ("rename -top top; memory; async2sync; opt -full; techmap; opt -full; dffunmap; "
                  "simplemap; aigmap; opt_clean -purge; write_blif")
        yosys(f"{read}; synth -flatten -noabc; {finish} rtl.blif", folder)
        yosys(f"{read}; synth -flatten -noabc -run :fine; memory_map; opt -full; opt_dff -nosdff; techmap -map gate.v; techmap; opt; "
              "dfflegalize -cell $_DFF_P_ x -cell $_DFF_PN0_ x; dfflibmap -liberty cells.lib; "
              "abc -liberty cells.lib -script map.abc; opt_clean -purge; write_verilog -noattr netlist.v; "
              f"design -reset; read_verilog -sv cells.v netlist.v; hierarchy -auto-top; proc; flatten; {finish} netlist.blif",
              folder)
        output = abc("dsec -n rtl.blif netlist.blif", folder)
        if "Networks are equivalent" not in output:
            raise Failed("dsec: " + (output.strip().splitlines() or ["no answer"])[-1])
    return prove


FORMATS = ("e3m2", "e2m3", "e2m2", "e3m1", "e2m1", "int8", "int4", "int4-zp")
BITS = (6, 6, 5, 5, 4, 8, 4, 4)
FLOATS = ((3, 2, 3), (2, 3, 1), (2, 2, 1), (3, 1, 3), (2, 1, 1))

PROOFS = {}
for index, (e, m, bias) in enumerate(FLOATS):
    PROOFS[f"exact-{FORMATS[index]}"] = ("exact decoder = value", decoder("exact_decoder", e, m, index, 15 << 10))
    PROOFS[f"place-{FORMATS[index]}"] = ("bias shift = value * 2^(bias-15)",
                                         decoder("bias_shift_decoder", e, m, index, bias << 10))
for index, name in enumerate(FORMATS):
    PROOFS[f"lane-{name}"] = ("decode * scale = integers, all codes, scales, zeros", lane(index, 0, 1 << index))
for index in (0, 1, 6, 7):
    PROOFS[f"small-{FORMATS[index]}"] = ("the lane that shares nothing = integers", small_lane(index))
PROOFS["lane-e3m2-bf16"] = ("the same to bfloat16", lane(0, 1, 1 << 0))
PROOFS["all-e3m2"] = ("the same in the lane of all formats", lane(0, 0, 255))
PROOFS["multiplier"] = ("full multiplier = integers, all 2^32 pairs", multiplier)
PROOFS["dot-2"] = ("dot product of 2 E2M1 and 2 E2M2, C in E3M3, 4 bits = integers", dot(2, 4, (2, 1), (2, 2), (3, 3)))
PROOFS["dot-2-e3m2"] = ("the same of E3M2 and E2M2, C in E3M2, whose subnormals are coarser", dot(2, 4, (3, 2), (2, 2), (3, 2)))
PROOFS["dot-3"] = ("the same of 3 products, 3 bits", dot(3, 3, (2, 1), (2, 1), (3, 1)))
PROOFS["full-e3m2"] = ("decoder and full multiplier = integers", full_lane)
for d in (1, 2, 3, 4):
    PROOFS[f"stream-d{d}"] = ("no beat lost, doubled, reordered, changed or stuck, for ever", stream(d, 0))
PROOFS["scale-d1"] = ("every beat has its group's scale, for ever", stream(1, 1))
for d in (2, 3, 4):
    PROOFS[f"scale-d{d}"] = ("the same, for 14 cycles from reset", stream(d, 1, bound=14))
PROOFS["mapped-e3m2"] = ("netlist = RTL, 4 lanes", mapped(
    {"Lanes": 4, "Depth": 2, "Formats": "8'h01", "Splits": "5'h01", "BusBits": 24, "Bfloat": "1'b0"}))


def attempt(name, rtl):
    """(what went wrong or None, seconds)"""
    start = time.monotonic()
    failure = None
    with tempfile.TemporaryDirectory() as folder:
        try:
            PROOFS[name][1](rtl_files(rtl), pathlib.Path(folder))
        except Failed as error:
            failure = str(error)
    return failure, time.monotonic() - start


# File, text, what replaces it, and the proof that must fail then.
MUTANTS = (
    ("product_align.sv", "|by_1[1:0]", "by_1[1]", "lane-e3m2"),                      # a dropped sticky bit
    ("float_decoder.sv", "4'd1 - 4'(Bias)", "4'd2 - 4'(Bias)", "exact-e3m2"),        # a wrong bias for subnormals
    ("fp16_multiplier.sv", "|shifted[10:0]", "|shifted[10:1]", "multiplier"),        # the least of sticky bits
    ("fp6_dot.sv", "code_zero ? ZeroExponent", "code_zero ? '0", "dot-2"),          # a zero product that sets the grid
    ("fp6_dot.sv", "sum_sign && fraction != '0", "sum_sign", "dot-2-e3m2"),         # -0 where a sum underflows
    ("product_round.sv", "sticky_i || kept_i[0]", "sticky_i", "lane-e2m3"),          # ties not to even
    ("stream_stage.sv", "if (in_valid_i && in_ready_o) payload_q", "if (in_valid_i) payload_q", "stream-d2"),  # overwritten
    ("stream_stage.sv", "else if (in_ready_o) valid_q", "else valid_q", "stream-d1"),  # a lost beat
    ("scale_sequencer.sv", "last = remaining_d == 16'd0", "last = remaining_d == 16'd1", "scale-d1"),  # a group too short
)


def find_mutant(file, text, replacement, proof):
    with tempfile.TemporaryDirectory() as folder:
        copy = pathlib.Path(folder) / "rtl"
        copy.mkdir()
        for path in rtl_files(ROOT / "rtl"):
            shutil.copy(path, copy)
        source = (copy / file).read_text()
        if source.count(text) != 1:
            print(f"{file}: '{text}' occurs {source.count(text)} times: the mutant is out of date")
            return False
        (copy / file).write_text(source.replace(text, replacement))
        failure, seconds = attempt(proof, copy)
    found = failure is not None and not failure.startswith(("not finished", "yosys"))
    print(f"{file:20} '{replacement}': {'found by ' + proof if found else 'NOT FOUND: ' + str(failure)} in {seconds:.1f} s",
          flush=True)
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("proofs", nargs="*")
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--mutants", action="store_true")
    parser.add_argument("--jobs", type=int, default=min(2, os.cpu_count() or 1))
    arguments = parser.parse_args()
    if arguments.list:
        print("\n".join(f"{name:16} {what}" for name, (what, _) in PROOFS.items()))
        return 0
    unknown = [name for name in arguments.proofs if name not in PROOFS]
    if unknown:
        print(f"prove.py: unknown proof '{unknown[0]}'; known: {' '.join(PROOFS)}", file=sys.stderr)
        return 2
    if not ABC or not shutil.which("yosys") or not exhaust.COMPILER:
        print("prove.py: yosys, its abc and a C compiler are needed (packages yosys, berkeley-abc, gcc)", file=sys.stderr)
        return 2
    if arguments.mutants:
        return 0 if all([find_mutant(*mutant) for mutant in MUTANTS]) else 1
    names = arguments.proofs or list(PROOFS)
    with concurrent.futures.ProcessPoolExecutor(arguments.jobs) as pool:
        verdicts = pool.map(attempt, names, [ROOT / "rtl"] * len(names))
        failures = 0
        for name, (failure, seconds) in zip(names, verdicts):
            print(f"{name:16} {'FAILED: ' + failure if failure else 'proved'} in {seconds:.1f} s: {PROOFS[name][0]}", flush=True)
            failures += bool(failure)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
