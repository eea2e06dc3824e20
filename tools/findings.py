#!/usr/bin/env python3
"""docs/findings.md from the committed sweeps: findings.py FP6SIM FOLDER [--model M] [-o OUTPUT]

Runs sweeps/*.json of whole decode steps into FOLDER/findings.sqlite (what is there is not computed again; what another version
of the simulator computed is thrown away) and writes OUTPUT, docs/findings.md where none is named. --model asks
the same of another workload (a name or a path).
"""

import argparse
import json
import os
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
SWEEPS = ("int4_or_fp6", "placement", "splits", "twice_the_bandwidth")
PLACES = ("operand", "smem", "copy", "l2", "memctrl")
EQUAL = 1.05  # FP6 "costs what INT4 costs" up to here


def sweep_files(folder, model):
    """The committed sweeps, or copies of them for another model."""
    for name in SWEEPS:
        path = os.path.join(ROOT, "sweeps", name + ".json")
        if model:
            with open(path) as file:
                sweep = json.load(file)
            path = os.path.join(folder, name + ".json")
            with open(path, "w") as file:
                json.dump({**sweep, "workloads": [model]}, file)
        yield path


def simulate(program, sweeps, database):
    """Every sweep into one database, so that what two of them ask for is computed once. What each says of its points."""
    documents = []
    for sweep in sweeps:
        command = [program, "sweep", sweep, "--db", database, "--json"]
        run = subprocess.run(command, capture_output=True, text=True)
        if run.returncode == 2 and ("not mixed" in run.stderr or "schema version" in run.stderr):
            print("findings.py: %s is of another version: computed anew" % database, file=sys.stderr)
            for end in ("", "-wal", "-shm"):
                if os.path.exists(database + end):
                    os.remove(database + end)
            run = subprocess.run(command, capture_output=True, text=True)
        if run.returncode != 0:
            print(run.stderr, file=sys.stderr)
            sys.exit(run.returncode)
        print(next(line for line in run.stderr.splitlines() if line.startswith("sweep ")), file=sys.stderr)
        documents.append(json.loads(run.stdout))
    return documents


class Results:
    """The steps, by GPU, kernel, design, split, batch and whether the bandwidth is doubled."""

    def __init__(self, documents):
        self.program = documents[0]["program"]
        self.steps, self.failed, models = {}, 0, set()
        for point in (point for document in documents for point in document["points"]):
            models.add(point["step"])
            fields = point["overrides"]
            if "error" in point:
                self.failed += 1
            else:
                self.steps[point["gpu"], point["kernel"], point["design"], point["split"], point["n"], "gpu.dram.channels" in fields] = point
        (self.model,) = models  # the sweeps are of one model
        self.model = os.path.splitext(os.path.basename(self.model))[0]
        self.gpus = sorted({key[0] for key in self.steps})

    def batches(self, **chosen):
        return sorted({key[4] for key in self.steps if key[2] == chosen.get("design", "simt") and key[5] == chosen.get("doubled", False)})

    def step(self, gpu, batch, kernel="w6a16", design="simt", split="", doubled=False):
        return self.steps.get((gpu, kernel, design, split, batch, doubled))

    def ratio(self, over, under, what="time_us"):
        """Of two steps; None where one could not be simulated."""
        return over[what] / under[what] if over and under else None


def table(header, rows):
    lines = ["| " + " | ".join(header) + " |", "|" + "---|" * len(header)]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows]) + "\n"


def shown(ratio):
    return "-" if ratio is None else "%.2f" % ratio


def percent(share):
    """One digit after the point, and no -0.0."""
    return round(100 * share, 1) + 0.0


def bounds(step):
    first = sorted(step["stack"], key=step["stack"].get, reverse=True)[:2]
    return ", ".join("%s %.0f %%" % (name, 100 * step["stack"][name]) for name in first)


def spread(ratios):
    """Savings as text, "3.0 to 7.1 %", from ratios to what is compared with."""
    savings = sorted(percent(1 - r) for r in ratios if r is not None)
    return "%.1f to %.1f %%" % (savings[0], savings[-1])


def int4_or_fp6(results):
    rows, verdicts = [], []
    for gpu in results.gpus:
        ratios, overtaken = {}, None
        for batch in results.batches():
            fp16, int4, fp6 = (results.step(gpu, batch, kernel) for kernel in ("cublas-fp16", "w4a16-g128", "w6a16"))
            if not int4:
                continue
            ratios[batch] = results.ratio(fp6, int4)
            if overtaken is None and fp16["time_us"] < fp6["time_us"]:
                overtaken = batch
            rows.append([gpu, str(batch), "%.0f" % fp16["tokens_per_s"], "%.0f" % int4["tokens_per_s"], "%.0f" % fp6["tokens_per_s"],
                         shown(results.ratio(fp16, int4)), shown(results.ratio(fp16, fp6)), shown(ratios[batch]), bounds(fp6)])
        equal = [batch for batch, ratio in ratios.items() if ratio <= EQUAL]
        closest = min(ratios, key=ratios.get)
        verdicts.append("%s: %s; %s." % (
            gpu,
            "FP6 costs what INT4 costs (within %.0f %%) from batch %d on" % (100 * (EQUAL - 1), equal[0]) if equal else
            "FP6 never costs as little as INT4; it comes closest at batch %d, with %.2f times its time" % (closest, ratios[closest]),
            "FP16 is faster than FP6 at batch %d" % overtaken if overtaken else "FP16 is slower than FP6 at every batch here"))
    one = results.step(results.gpus[0], results.batches()[0])["bits_per_weight"]
    four = results.step(results.gpus[0], results.batches()[0], "w4a16-g128")["bits_per_weight"]
    return ("## When does FP6 cost what INT4 costs?\n\nTokens/s of the linear layers and speedups over cuBLAS FP16. By stored bytes alone FP6 "
            "takes %.2f / %.3f = %.2f times INT4 g128's time.\n\n" % (one, four, one / four) +
            table(["GPU", "batch", "FP16 tokens/s", "INT4 g128", "FP6", "INT4 speedup", "FP6 speedup", "FP6 time / INT4 time", "FP6 is bound by"],
                  rows) + "\n" + "\n".join("- " + v for v in verdicts) + "\n")


def splits(results):
    ways = {"4+2-byte": {}, "4+2": {"split": "4+2"}, "2+4": {"split": "2+4"}, "2+4 as released": {"split": "2+4-released"},
            "packed6": {"split": "packed6"}, "padded8": {"split": "padded8"}}
    counted = described("kernels", "w6a16")["instructions"]["splits"]
    weight = {name: sum(counted[way.get("split", "4+2-byte")]["fp16"]["ampere"].values()) for name, way in ways.items()}
    rows, ratios = [], {}
    for gpu in results.gpus:
        for batch in results.batches():
            steps = {name: results.step(gpu, batch, **way) for name, way in ways.items()}
            if not steps["4+2"]:
                continue
            for name in ways:
                ratios.setdefault(name, []).append(results.ratio(steps["4+2-byte"], steps[name]))
            rows.append([gpu, str(batch)] + ["%.3f" % results.ratio(step, steps["4+2-byte"]) for step in steps.values()] +
                        ["%.0f %% / %.0f %%" % tuple(100 * steps[name]["stack"].get("dequantisation", 0) for name in ("4+2-byte", "2+4 as released"))])
    return ("## What does the `4+2-byte` split save?\n\nTime of a step over its time with `4+2-byte`; above 1 is slower. Instructions a weight: " +
            ", ".join("`%s` %.2f" % one for one in weight.items()) +
            " (our kernels' are counted; packed6 and padded8 argued for: sim/kernels/w6a16.json). Last column: share of the time that waits for "
            "dequantisation, `4+2-byte` / `2+4` as released.\n\n" + table(["GPU", "batch"] + list(ways) + ["dequantisation"], rows) +
            "\n- `4+2-byte` saves " + ", ".join("%s of the time of `%s`" % (spread(ratios[name]), name) for name in list(ways)[1:]) + ".\n")


def described(kind, name):
    with open(os.path.join(ROOT, "sim", kind, name + ".json")) as file:
        return json.load(file)


def area(results):
    """What a design adds to a GPU, from the synthesised units of rtl/."""
    with open(os.path.join(ROOT, "rtl", "units.json")) as file:
        lane = {unit["name"]: unit["gate_equivalents_per_lane"] for unit in json.load(file)["units"]}
    rows = []
    batch = results.batches(design="smem")[0]
    for gpu in results.gpus:
        machine = described("gpus", gpu)
        simt = results.step(gpu, batch)
        for name in PLACES:
            design, step = described("designs", name), results.step(gpu, batch, design=name)
            if not step:
                continue
            lanes = design["lanes"]["value"] * design["units_per_sm"]["value"]
            lanes *= machine["l2"]["slices"]["value"] if name in ("l2", "memctrl") else machine["sm"]["count"]["value"]
            rows.append([gpu, name, str(lanes), "%.2f" % (lanes * lane["exact-l32"] / 1e6), "%.2f" % (lanes * lane[design["unit"]] / 1e6),
                         "%.1f" % step["area_mm2"], "%+.1f %%" % percent(results.ratio(step, simt) - 1),
                         "%+.1f %%" % percent(results.ratio(step, simt, "energy_uj") - 1)])
    return ("Area, and what it buys at batch %d: lanes the design adds to the GPU, their size in millions of gate equivalents (NAND2) by the synthesis of "
            "rtl/ (docs/rtl.md), with exact values and the scale left to the epilogue or with the scale multiplied in, and mm² of the latter in "
            "45 nm cells: for comparing places, not for an estimate in a GPU's own process.\n\n" % batch +
            table(["GPU", "place", "lanes", "exact", "scaled", "mm², 45 nm", "time", "energy"], rows))


def placement(results):
    designs, rows, best = ("simt",) + PLACES + ("native",), [], {}
    for what, name in (("time_us", "time"), ("energy_uj", "energy")):
        for gpu in results.gpus:
            for batch in results.batches(design="smem"):
                simt = results.step(gpu, batch)
                here = [results.ratio(results.step(gpu, batch, design=d), simt, what) for d in designs]
                rows.append([name, gpu, str(batch)] + [shown(r) for r in here] +
                            [shown(results.ratio(results.step(gpu, batch, "cublas-fp16"), simt, what))])
                for design, ratio in zip(designs, here):
                    best.setdefault((name, design), []).append(ratio)
    inside = [r for d in ("operand", "smem") for r in best["time", d]]
    outside = [r for d in ("l2", "memctrl") for r in best["time", d] if r]
    return ("## What does a hardware unit buy, and where?\n\n`w6a16` with the weight expanded at each place, over today's GPU (`simt`); below 1 is better. "
            "Last column: FP16 weights.\n\n" +
            table(["", "GPU", "batch"] + list(designs) + ["FP16"], rows) +
            "\n- Inside the SM (`operand`, `smem`) a unit saves %s of the time and %s of the energy.\n" %
            (spread(inside), spread([r for d in ("operand", "smem") for r in best["energy", d]])) +
            "- At the L2 or the memory controller FP16 crosses the crossbar: %.2f to %.2f times today's time.\n" % (min(outside), max(outside)) +
            "- `native` is the bound: nothing is expanded anywhere. Its tensor core's area is not counted.\n\n" + area(results))


def machines(results):
    """A100, H100, H200, and the H200 with twice the DRAM channels."""
    columns = [(gpu, False) for gpu in results.gpus] + [("h200", True)]
    rows = []
    for batch in results.batches(doubled=True):
        at = [(lambda gpu=gpu, doubled=doubled: {"gpu": gpu, "batch": batch, "doubled": doubled})() for gpu, doubled in columns]
        fp6 = [results.step(**a) for a in at]
        rows += [[str(batch), "DRAM, TB/s"] + ["%.1f" % (s["peak_gb_s"] / 1000) for s in fp6],
                 [str(batch), "FP6, speedup over FP16"] + [shown(results.ratio(results.step(kernel="cublas-fp16", **a), s)) for a, s in zip(at, fp6)],
                 [str(batch), "INT4 g128, speedup over FP16"] +
                 [shown(results.ratio(results.step(kernel="cublas-fp16", **a), results.step(kernel="w4a16-g128", **a))) for a in at],
                 [str(batch), "FP6 time / INT4 time"] + [shown(results.ratio(s, results.step(kernel="w4a16-g128", **a))) for a, s in zip(at, fp6)],
                 [str(batch), "FP6, share of peak DRAM bandwidth"] + ["%.0f %%" % s["dram_bandwidth_pct"] for s in fp6],
                 [str(batch), "time a unit at shared memory saves"] +
                 ["%.1f %%" % percent(1 - results.ratio(results.step(design="smem", **a), s)) for a, s in zip(at, fp6)],
                 [str(batch), "FP6 is bound by"] + [bounds(s) for s in fp6]]
    return ("## How does the answer move from A100 to H100 to H200, and with twice the bandwidth?\n\nThe last machine is an H200 with twice its DRAM "
            "channels and nothing else changed.\n\n" +
            table(["batch", ""] + ["%s%s" % (gpu, ", DRAM x2" if doubled else "") for gpu, doubled in columns], rows))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("program", help="the built fp6sim")
    parser.add_argument("folder", help="where the results are kept")
    parser.add_argument("--model", help="instead of the sweeps' own workload")
    parser.add_argument("-o", "--output", default=os.path.join(ROOT, "docs", "findings.md"))
    arguments = parser.parse_args()
    output = arguments.output
    os.makedirs(arguments.folder, exist_ok=True)
    name = "findings" + ("-" + os.path.splitext(os.path.basename(arguments.model))[0] if arguments.model else "")
    database = os.path.join(arguments.folder, name + ".sqlite")
    results = Results(simulate(arguments.program, sweep_files(arguments.folder, arguments.model), database))
    parts = [int4_or_fp6(results), splits(results), placement(results), machines(results)]
    with open(output, "w") as file:
        file.write("# Findings\n\nSimulated, not measured: read them with docs/validation.md, which says how far the simulator is from measured GPUs. Whole decode steps "
                   "of %s: every linear layer, one GEMM after the other, the L2's content carried along (`fp6sim run --step`). "
                   "Every number comes from a sweep in sweeps/; `tools/findings.py build/release/fp6sim FOLDER` computes them again.\n"
                   "Model: fp6sim %s.%s\n\n" %
                   (results.model, results.program, " %d points could not be simulated." % results.failed if results.failed else "") + "\n".join(parts))
    print("%s: %d steps" % (output, len(results.steps)), file=sys.stderr)


if __name__ == "__main__":
    main()
