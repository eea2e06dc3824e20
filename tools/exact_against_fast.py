#!/usr/bin/env python3
"""How far the simulator's default mode is from its exact one (128-byte transactions throughout).

Usage: exact_against_fast.py FP6SIM [--runs 600] [--seed 1] [--jobs 2] [--long]

Draws runs over every GPU and kernel description, shapes (layers, ragged and small ones), batches and designs, simulates each in
both modes, and prints count, mean, standard deviation and worst of fast / exact - 1 for all runs, for those whose transactions
differ at all, by GPU and by design; then the ten worst. Every tenth run has its shape drawn afresh. --long draws only shapes
above the size up to which both modes are the same run. Exit 1 where a run differs by more than 1 %.
"""
import argparse
import concurrent.futures
import json
import random
import statistics
import subprocess
import sys

SHAPES = [(8192, 8192), (13824, 5120), (4096, 4096), (5120, 13824), (1000, 1001), (12345, 6789), (2048, 2048), (11008, 4096),
          (3072, 768), (4097, 5000), (22016, 8192), (8192, 22016), (256, 16384), (28672, 8192)]
LONG = [(22016, 8192), (8192, 22016), (28672, 8192), (24576, 8192), (16384, 12345), (33333, 7000)]
BATCHES = (1, 8, 32, 128)
DESIGNS = ("simt", "simt", "simt", "operand", "smem", "l2", "memctrl", "native")


def names(program, what):
    listed = subprocess.run([program, "list", what], capture_output=True, text=True, check=True).stdout
    return [line.split()[0] for line in listed.splitlines() if line.strip()]


def draw(program, runs, seed, long):
    gpus, kernels = names(program, "gpus"), names(program, "kernels")
    generator = random.Random(seed)
    drawn = set()
    while len(drawn) < runs:
        shape = generator.choice(LONG if long else SHAPES)
        if generator.random() < 0.1:
            shape = (generator.randint(16384, 32768), generator.randint(6144, 12288)) if long else \
                    (generator.randint(1, 16384), generator.randint(1, 16384))
        drawn.add((generator.choice(gpus), generator.choice(kernels), generator.choice(DESIGNS), *shape, generator.choice(BATCHES)))
    return sorted(drawn)


def simulate(program, case, exact):
    gpu, kernel, design, m, k, n = case
    run = subprocess.run([program, "gemm", "--gpu", gpu, "--kernel", kernel, "--design", design, "--m", str(m), "--k", str(k),
                          "--n", str(n), "--json"] + (["--exact"] if exact else []), capture_output=True, text=True, check=False)
    if run.returncode == 2:
        return None  # a tile this GPU cannot hold
    if run.returncode != 0:
        sys.exit("exact_against_fast.py: %s: exit %d\n%s" % (case, run.returncode, run.stderr))
    return json.loads(run.stdout)["cycles"]


def line(name, percent):
    if not percent:
        return "%-20s no run" % name
    return "%-20s %4d runs  mean %+.3f %%  sd %.3f  worst %+.2f  above 1 %%: %d" % (
        name, len(percent), statistics.mean(percent), statistics.pstdev(percent), max(percent, key=abs),
        sum(abs(p) > 1 for p in percent))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program")
    parser.add_argument("--runs", type=int, default=600)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--long", action="store_true")
    options = parser.parse_args()
    cases = draw(options.program, options.runs, options.seed, options.long)

    def both(case):
        fast = simulate(options.program, case, False)
        return None if fast is None else (case, 100 * (fast / simulate(options.program, case, True) - 1))

    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        results = [r for r in pool.map(both, cases) if r is not None]
    print(line("all", [p for _, p in results]))
    print(line("not the same run", [p for _, p in results if p != 0]))
    for field in (0, 2):
        for value in sorted({case[field] for case, _ in results}):
            print(line(value, [p for case, p in results if case[field] == value]))
    for case, percent in sorted(results, key=lambda r: -abs(r[1]))[:10]:
        print("  %+.2f %%  %s %s %s %dx%d batch %d" % (percent, *case))
    return 1 if any(abs(p) > 1 for _, p in results) else 0


if __name__ == "__main__":
    sys.exit(main())
