#!/usr/bin/env python3
"""Regenerates docs/validation.md: tools/validate.py build/release/fp6sim ../shared/facts/published > docs/validation.md

Every number on the page comes from `fp6sim compare --json` and from the kernel descriptions' marks.
"""
import json
import pathlib
import subprocess
import sys

GPU = "a100-sxm-40g"
FILES = ("a100_40g_speedup_vs_cublas.csv", "a100_40g_speedup_int4.csv")
HELD_OUT = "LLaMA-65B"


def compare(program, csv):
    done = subprocess.run([program, "compare", str(csv), "--gpu", GPU, "--json"], check=True, capture_output=True, text=True)
    return json.loads(done.stdout)


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
    program, published = sys.argv[1], pathlib.Path(sys.argv[2])
    kernels = pathlib.Path(__file__).resolve().parent.parent / "sim" / "kernels"
    print("# Validation: simulated against measured\n")
    print("Regenerate: `tools/validate.py build/release/fp6sim ../shared/facts/published > docs/validation.md`.\n")
    print("The microbenchmarks (latencies, L2 and DRAM bandwidth, bandwidth against occupancy, copies) and the DRAM profiles'"
          " closed forms are tests: `ctest -L sim -R 'microbenchmark|dram'`.\n")
    used = set()
    for name in FILES:
        result = compare(program, published / name)
        print(f"## {name}, {GPU}, cold L2\n")
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
    print("- cuBLAS at 22016x8192 is measured about 7 % faster a byte than at 24576x8192; all kernels' ratios there are simulated"
          " too high together.\n"
          "- TensorRT-LLM's INT4 kernels: the tall layer is simulated too fast, M = 8192 with a scale a row too slow.\n"
          "- FP5 at LLaMA-33B attention (2.92 measured) lies beyond what any other row's trend allows.\n"
          "- Design choices the authors do not publish (cuBLAS's heuristic, TensorRT-LLM's tiles) are rules of ours,"
          " chosen looking at the same figures: read them as derived, not as known.")


if __name__ == "__main__":
    main()
