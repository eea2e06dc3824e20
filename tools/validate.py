#!/usr/bin/env python3
"""Regenerates docs/validation.md and its plots: tools/validate.py build/release/fp6sim ../shared/facts/published

Every number on the page comes from `fp6sim compare --json`, `fp6sim gemm --json` and the kernel descriptions' marks.
"""
import contextlib
import json
import pathlib
import subprocess
import sys

import validate_absolute
import validate_plots

GPU = "a100-sxm-40g"
FILES = ("a100_40g_speedup_vs_cublas.csv", "a100_40g_speedup_int4.csv")
HELD_OUT = "LLaMA-65B"
# TC-FPx over cuBLAS at 8192x22016 against the batch, read off the authors' plot to 0.03 (facts/fp6.md).
SWEEP = ((1, 2.40), (32, 2.28), (64, 2.03), (128, 1.20), (256, 0.81))


def compare(program, csv):
    done = subprocess.run([program, "compare", str(csv), "--gpu", GPU, "--json"], check=True, capture_output=True, text=True)
    return json.loads(done.stdout)


def time_us(program, kernel, batch):
    command = [program, "gemm", "--m", "8192", "--k", "22016", "--n", str(batch), "--kernel", kernel, "--gpu", GPU, "--loop", "--json"]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)["time_us"]


def batch_sweep(program):
    print("## Against the batch: tc-fpx-w6a16 over cuBLAS FP16, 8192x22016\n")
    print("Batches 64, 128 and 256 helped to choose TC-FPx's `tensor_efficiency`, and batch 32 stands in the file above: only batch 1 is"
          " untouched. FP6 falls behind FP16 between batch 128 and 256: every 64 tokens the weights are expanded once more, and its"
          " mma reach 0.7 of the rate.\n")
    print("| batch | measured | simulated | error |\n|---|---|---|---|")
    for batch, measured in SWEEP:
        ratio = time_us(program, "cublas-fp16", batch) / time_us(program, "tc-fpx-w6a16", batch)
        print(f"| {batch} | {measured:.2f} | {ratio:.2f} | {100 * (ratio / measured - 1):+.1f} % |")
    print()


def summary(rows):
    errors = sorted(abs(r["error_pct"]) for r in rows)
    bias = sum(r["error_pct"] for r in rows) / len(rows)
    return f"{len(rows)} | {sum(errors) / len(errors):.1f} | {errors[-1]:.1f} | {bias:+.1f}"


def marks(entry, count):
    """Counts the marks below `entry`."""
    if isinstance(entry, dict):
        for mark in ("cited", "derived", "fitted"):
            if mark in entry:
                count[mark] += max(1, sum(isinstance(v, (int, float)) for v in entry.values()))
        for value in entry.values():
            marks(value, count)
    elif isinstance(entry, list):
        for value in entry:
            marks(value, count)
    return count


def fitted(entry, path=""):
    if isinstance(entry, dict):
        if "fitted" in entry:
            yield path, entry["value"], entry["fitted"]
        for key, value in entry.items():
            yield from fitted(value, key)


def main():
    docs = pathlib.Path(__file__).resolve().parent.parent / "docs"
    with open(docs / "validation.md", "w", encoding="utf-8") as page, contextlib.redirect_stdout(page):
        rows = write_page()
    for name, text in (("validation-scatter.svg", validate_plots.scatter(rows)),
                       ("validation-errors.svg", validate_plots.errors(rows))):
        (docs / "images" / name).write_text(text, encoding="utf-8")


def write_page():
    """Prints the page; returns the compared rows."""
    program, published = sys.argv[1], pathlib.Path(sys.argv[2])
    kernels = pathlib.Path(__file__).resolve().parent.parent / "sim" / "kernels"
    print("# Validation: simulated against measured\n")
    print("Regenerate, plots included: `tools/validate.py build/release/fp6sim ../shared/facts/published`.\n")
    print("The microbenchmarks (latencies, L2 and DRAM bandwidth, bandwidth against occupancy, copies) and the DRAM profiles'"
          " closed forms are tests: `ctest -L sim -R 'microbenchmark|dram'`.\n")
    print("Published ratios come from thousands of launches in a row of one GEMM (the authors' benchmark): `compare` simulates that"
          " steady state, in which the launch before hides the launch overhead and its partial sums are still written back.\n")
    print("![simulated against measured](images/validation-scatter.svg)\n\n![error of every row, by kernel](images/validation-errors.svg)\n")
    used, shown = set(), []
    for name in FILES:
        result = compare(program, published / name)
        shown += result["rows"]
        print(f"## {name}, {GPU}, launches in a row\n")
        print("Speedup over cuBLAS FP16: relative error in percent of the simulated ratio. The constant is the best single"
              " number for each kernel and batch, fitted on the file itself.\n")
        print("| kernel | rows | mean | p90 | worst | constant's mean |\n|---|---|---|---|---|---|")
        for kernel, e in {**result["kernels"], "all": result["overall"]}.items():
            constant = e["constant_mean_abs_error_pct"]
            print(f"| {kernel} | {e['count']} | {e['mean_abs_error_pct']:.1f} | {e['p90_abs_error_pct']:.1f} | "
                  f"{e['worst_abs_error_pct']:.1f} | {'-' if constant is None else f'{constant:.1f}'} |")
        used.update(result["kernels"])
        print(f"\n{HELD_OUT} apart. The fitted numbers and the derived rules were chosen by hand with all of these figures in"
              " view, so it is a check of spread, not a strict hold-out:\n")
        print("| kernel | rows | mean | worst | bias |\n|---|---|---|---|---|")
        for kernel in result["kernels"]:
            for label, held in ((f"{HELD_OUT}", True), ("13B and 33B", False)):
                rows = [r for r in result["rows"] if r["kernel"] == kernel and (r["model"] == HELD_OUT) == held]
                if rows:
                    print(f"| {kernel}, {label} | {summary(rows)} |")
        print("\nWorst rows:\n\n| layer | batch | kernel | measured | simulated | error |\n|---|---|---|---|---|---|")
        for r in result["worst"][:8]:
            print(f"| {r['model']} {r['layer']} {r['m']}x{r['k']} | {r['batch']} | {r['kernel']} | {r['measured']:.2f} | "
                  f"{r['predicted']:.2f} | {r['error_pct']:+.1f} % |")
        print()
    batch_sweep(program)
    validate_absolute.section(program)
    print("## Numbers of the kernel descriptions\n")
    print("| kernel | cited | derived | fitted |\n|---|---|---|---|")
    notes = []
    for kernel in sorted(used | {"cublas-fp16"}):
        description = json.loads((kernels / f"{kernel}.json").read_text())
        count = marks(description, {"cited": 0, "derived": 0, "fitted": 0})
        free = list(fitted(description))
        print(f"| {kernel} | {count['cited']} | {count['derived']} | {len(free)} |")
        notes += [f"- {kernel} `{key}` = {value}: {text}" for key, value, text in free]
    print("\nThe fitted ones:\n\n" + "\n".join(notes))
    print("\n## What is not explained\n")
    print("- **A GEMM's start on an A100.** cuBLAS and TC-FPx in torch loops take 11 to 13 us beyond bytes / bandwidth. Launches (1.7 us"
          " between dependent kernels, RRZE), latencies, tails and the reduction kernel explain about 8; `launch.gemm_start_us` = 3 us"
          " of the GPU and 4 us more of cuBLAS are fitted to the 40 GB card's absolute times. No mechanism is known; an H100 and an"
          " RTX 4070 Ti SUPER need neither.\n"
          "- **The A100 PCIe card** reads weights at 1500 to 1600 of 1935 GB/s in every kernel, which no timing of ours gives: all its"
          " FP16 times are simulated 10 % too short.\n"
          "- **65B gate/up and down**: the kernels' ratios to cuBLAS there imply a cuBLAS 5 to 8 % faster a byte than at qkv and attention;"
          " an independent A100 shows none of it.\n"
          "- **Rows that contradict each other**: FP6 faster than FP5 (13B attention at batch 32), FP5 2.92 at 33B attention, one layer's"
          " cuBLAS time implied by INT8, FP6 and FP5 up to 25 % apart at 13B and 33B. A formula with seven numbers fitted to the FP6"
          " rows alone stays 3.1 to 3.4 % off: the means above 4 % cannot fall much below that.\n"
          "- **Choices nobody publishes**: cuBLAS takes what our model of its tiles finds best within 5 %. `tensor_efficiency` of the"
          " dequantising kernels (0.53 to 0.7 of mma.sync's rate) is fitted, not derived. 65B is reported apart, but was in view while"
          " rules were chosen: a check of spread, not a strict hold-out.")
    return shown


if __name__ == "__main__":
    main()
