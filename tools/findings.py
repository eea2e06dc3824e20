#!/usr/bin/env python3
"""docs/findings.md from the committed sweeps: findings.py FP6SIM FOLDER > docs/findings.md

Runs sweeps/*.json into FOLDER/<name>.sqlite (what is there is not computed again) and writes the tables and the sentences
whose numbers come from them.
"""

import json
import os
import sqlite3
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def points_of(program, folder, name):
    database = os.path.join(folder, name + ".sqlite")
    subprocess.run([program, "sweep", os.path.join(ROOT, "sweeps", name + ".json"), "--db", database], check=True)
    db = sqlite3.connect("file:%s?mode=ro" % database, uri=True)
    keys = ("gpu", "kernel", "design", "split", "batch", "overrides", "layer", "count", "time_us", "energy_uj", "result", "error")
    rows = db.execute("SELECT gpu, kernel, design, split, batch, overrides, layer, count, time_us, energy_uj, result, error "
                      "FROM points JOIN labels USING (key)")
    return [dict(zip(keys, row)) for row in rows], db.execute("SELECT value FROM meta WHERE name = 'program'").fetchone()[0]


def total(points, what="time_us", **chosen):
    """Sum over layers, each times its count; None where a layer could not be simulated."""
    own = [p for p in points if all(p[key] == value for key, value in chosen.items())]
    if not own or any(p["error"] for p in own):
        return None
    return sum(p[what] * p["count"] for p in own)


def distinct(points, key):
    return list(dict.fromkeys(sorted(p[key] for p in points)))


def table(header, rows):
    lines = ["| " + " | ".join(header) + " |", "|" + "---|" * len(header)]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows]) + "\n"


def ratio(over, under):
    return "-" if over is None or under is None else "%.2f" % (over / under)


def bounds(points, **chosen):
    own = [p for p in points if all(p[key] == value for key, value in chosen.items()) and not p["error"]]
    shares = {}
    for p in own:
        for name, share in json.loads(p["result"])["stack"].items():
            shares[name] = shares.get(name, 0) + share * p["time_us"] * p["count"]
    whole = sum(shares.values())
    first = sorted(shares, key=shares.get, reverse=True)[:2]
    return ", ".join("%s %.0f %%" % (name, 100 * shares[name] / whole) for name in first)


def int4_or_fp6(program, folder):
    points, version = points_of(program, folder, "int4_or_fp6")
    rows, verdicts = [], []
    for gpu in distinct(points, "gpu"):
        closest = None
        for batch in distinct(points, "batch"):
            at = {"gpu": gpu, "batch": batch}
            fp16, int4, fp6 = (total(points, kernel=k, **at) for k in ("cublas-fp16", "w4a16-g128", "w6a16"))
            rows.append([gpu, str(batch), ratio(fp16, int4), ratio(fp16, fp6), ratio(fp6, int4),
                         bounds(points, kernel="w6a16", **at)])
            if closest is None or fp6 / int4 < closest[0]:
                closest = (fp6 / int4, batch)
        verdicts.append("%s: FP6 comes closest to INT4 g128 at batch %d, with %.2f times its time." % (gpu, closest[1], closest[0]))
    return ("## When does FP6 cost what INT4 costs?\n\nLLaMA-65B, the qkv and down layers of one decode step, cold L2. Speedups over cuBLAS FP16. "
            "By stored bytes alone FP6 takes 6.00 / 4.125 = 1.45 times INT4 g128's time.\n\n" +
            table(["GPU", "batch", "INT4 g128", "FP6", "FP6 time / INT4 time", "FP6 is bound by"], rows) +
            "\n" + "\n".join("- " + v for v in verdicts) + "\n"), version


def splits(program, folder):
    points, _ = points_of(program, folder, "splits")
    rows = []
    for gpu in distinct(points, "gpu"):
        for batch in distinct(points, "batch"):
            base = total(points, gpu=gpu, batch=batch, split="4+2")
            rows.append([gpu, str(batch)] + [ratio(total(points, gpu=gpu, batch=batch, split=s), base)
                                             for s in ("4+2-byte", "4+2", "2+4", "packed6", "padded8")])
    return ("## What does the arrangement of the bits save?\n\nTime of `w6a16` with each split over its time with `4+2` "
            "(down of LLaMA-65B); below 1 is faster.\n\n" +
            table(["GPU", "batch", "4+2-byte", "4+2", "2+4", "packed6", "padded8"], rows))


def described(kind, name):
    with open(os.path.join(ROOT, "sim", kind, name + ".json")) as file:
        return json.load(file)


def area(gpus):
    """Gate equivalents a design adds, from the synthesised units of rtl/."""
    with open(os.path.join(ROOT, "rtl", "units.json")) as file:
        lane = {unit["name"]: unit["gate_equivalents_per_lane"] for unit in json.load(file)["units"]}
    rows = []
    for gpu in gpus:
        machine = described("gpus", gpu)
        for name in ("operand", "smem", "copy", "l2", "memctrl"):
            design = described("designs", name)
            lanes = design["lanes"]["value"] * design["units_per_sm"]["value"]
            lanes *= machine["l2"]["slices"]["value"] if name in ("l2", "memctrl") else machine["sm"]["count"]["value"]
            rows.append([gpu, name, str(lanes)] + ["%.2f" % (lanes * lane[unit] / 1e6) for unit in ("exact-l32", "e3m2-l64d2")])
    return ("Area: lanes the design adds to the GPU, and their size in millions of gate equivalents (NAND2) by the synthesis of rtl/ "
            "(docs/rtl.md): exact values with the scale left to the epilogue, and scale multiplied in.\n\n" +
            table(["GPU", "place", "lanes", "exact values", "scaled"], rows))


def placement(program, folder):
    points, _ = points_of(program, folder, "placement")
    designs = ("simt", "operand", "smem", "copy", "l2", "memctrl", "native")
    rows = []
    for what, name in (("time_us", "time"), ("energy_uj", "energy")):
        for gpu in distinct(points, "gpu"):
            for batch in distinct(points, "batch"):
                at = {"gpu": gpu, "batch": batch}
                base = total(points, what, kernel="w6a16", design="simt", **at)
                rows.append([name, gpu, str(batch)] + [ratio(total(points, what, kernel="w6a16", design=d, **at), base)
                                                       for d in designs] +
                            [ratio(total(points, what, kernel="cublas-fp16", **at), base)])
    return ("## What does a hardware unit buy, and where?\n\n`w6a16` with the weight expanded at each place, over today's GPU (`simt`); "
            "below 1 is better. down of LLaMA-65B; last column: FP16 weights.\n\n" +
            table(["", "GPU", "batch"] + list(designs) + ["FP16"], rows) + "\n" + area(distinct(points, "gpu")))


def bandwidth(program, folder):
    points, _ = points_of(program, folder, "twice_the_bandwidth")
    rows = []
    for overrides in sorted(distinct(points, "overrides"), key=lambda o: list(json.loads(o).values())):
        channels = list(json.loads(overrides).values())[0]
        for batch in distinct(points, "batch"):
            at = {"overrides": overrides, "batch": batch}
            fp16 = total(points, kernel="cublas-fp16", **at)
            unit = total(points, kernel="w6a16", design="smem", **at)
            rows.append(["H200, %d channels" % channels, str(batch), ratio(fp16, total(points, kernel="w4a16-g128", **at)),
                         ratio(fp16, total(points, kernel="w6a16", design="simt", **at)), ratio(fp16, unit),
                         bounds(points, kernel="w6a16", design="simt", **at)])
    return ("## And with twice the bandwidth?\n\nAn H200 as it is and with twice its DRAM channels (nothing else changed): speedups over cuBLAS FP16 on "
            "the same machine. With DRAM twice as fast the instructions that expand weights weigh twice as much.\n\n" +
            table(["GPU", "batch", "INT4 g128", "FP6", "FP6, unit at shared memory", "FP6 is bound by"], rows))


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    program, folder = sys.argv[1:]
    os.makedirs(folder, exist_ok=True)
    first, version = int4_or_fp6(program, folder)
    print("# Findings\n\nSimulated, not measured: read them with docs/validation.md, which says how far the simulator is from measured GPUs. Every "
          "number comes from a sweep in sweeps/; `tools/findings.py build/release/fp6sim FOLDER > docs/findings.md` computes them again.\n"
          "Model: fp6sim %s.\n" % version)
    print("\n".join([first, splits(program, folder), placement(program, folder), bandwidth(program, folder)]), end="")


if __name__ == "__main__":
    main()
