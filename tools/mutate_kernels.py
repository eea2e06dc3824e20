#!/usr/bin/env python3
"""Alters the kernels' sources one small change at a time and reports the changes that no CPU test notices.

Usage: tools/mutate_kernels.py [--build build/release] [--only REGEX] [--sample SHARE] [--jobs N] [--list]
                               [--json FILE] [--quick]

Every mutant is compiled alone, for few kernels at first and for all kinds where it is still alive, and run on the
shapes of the tests. A mutant whose behaviour is the original's stands in tools/mutation/equivalent.txt with the reason.
Prints every other one that is alive; exit status 1 where there is any. docs/kernels.md has the last result. FILE keeps
every mutant's fate; what it says was caught is not tried again, so an interrupted run goes on with the same command.
"""
import argparse
import atexit
import collections
import concurrent.futures
import hashlib
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from mutation import build, operators  # noqa: E402

EQUIVALENT = pathlib.Path(__file__).resolve().parent / "mutation" / "equivalent.txt"
CAMPAIGN = "tests/kernels/campaign"
PLANS = ("kernels/gemm/plan.cpp", "kernels/gemm/check.cpp")


def fused(generations, levels=(0, 1, 2, 3), also=()):
    return [build.Program(f"{CAMPAIGN}/gemm.cpp", (f"-DGENERATION={g}", f"-DLEVEL={level}"), also,
                          seconds=(10, 20, 30, 120)[level]) for level in levels for g in generations]


DEQUANTIZE = [build.Program(f"{CAMPAIGN}/dequantize.cpp", (f"-DWIDE={wide}",), seconds=20) for wide in (0, 1)]
DENSE = [build.Program(f"{CAMPAIGN}/dense.cpp")]
PACK = [build.Program("tests/kernels/packing/pack_kernel_test.cpp")]
ROUTE_TEST = "tests/kernels/CMakeFiles/kernels_route_test.dir/route_test.cpp.o"
# The programs that notice a change in each source, the cheapest first.
COVERED_BY = {
    "kernels/gemm/gemm_ampere.cuh": fused([0]),
    "kernels/gemm/gemm_hopper.cuh": fused([1]),
    "kernels/gemm/gemm_warpgroup.cuh": fused([2]),
    "kernels/gemm/position.cuh": fused([0, 1, 2]),
    "kernels/gemm/multiply.cuh": fused([0, 2], (0, 1, 2)) + fused([1], (1,)) + fused([0, 1, 2], (3,)),
    "kernels/gemm/epilogue.cuh": fused([0, 1, 2]),
    "kernels/gemm/tile.h": fused([0, 1, 2], also=PLANS),
    "kernels/device/matrix_descriptor.h": fused([2]),
    "kernels/device/host.cuh": fused([0, 1, 2]),
    "kernels/dense/dense.cuh": DENSE,
    "kernels/dense/dense.h": [build.Program(f"{CAMPAIGN}/dense.cpp", also=("kernels/route/steps.cpp",))],
    "kernels/packing/pack_kernel.cuh": PACK,
    "kernels/dequantize/fragment.cuh": fused([0], (0, 1, 2)) + DEQUANTIZE + fused([0, 1, 2], (3,)),
    "kernels/dequantize/byte_fields.cuh": fused([0], (0, 1, 2)) + DEQUANTIZE + fused([0, 1, 2], (3,)),
    "kernels/dequantize/to_memory.cuh": DEQUANTIZE,
    "kernels/route/steps.cpp": [build.Program("", objects=(ROUTE_TEST,),
                                              arguments=("--gtest_brief=1", "--gtest_filter=*Dense.*:*EveryKernel*/0"))],
}


class Mutant:
    def __init__(self, path, source, mutation):
        self.path, self.mutation = path, mutation
        self.line = source.count("\n", 0, mutation.start) + 1
        text = source.splitlines()[self.line - 1].strip()
        self.name = f"{path} | {text} | {mutation.change}"
        self.altered = source[:mutation.start] + mutation.text + source[mutation.end:]

    def __str__(self):
        return f"{self.path}:{self.line}: {self.mutation.kind}: {self.mutation.change}"


def mutants():
    for path in COVERED_BY:
        source = (build.ROOT / path).read_text()
        seen = collections.Counter()
        for mutation in operators.mutations(source):
            mutant = Mutant(path, source, mutation)
            seen[mutant.name] += 1
            if seen[mutant.name] > 1:
                mutant.name += f" #{seen[mutant.name]}"
            yield mutant


def equivalents():
    """{mutant's name: reason}: lines of names under a line `# reason`."""
    reason, known = "", {}
    for line in EQUIVALENT.read_text().splitlines():
        if line.startswith("#"):
            reason = line[1:].strip()
        elif line.strip():
            known[line.strip()] = reason
    return known


def share_of(name):
    return int(hashlib.sha256(name.encode()).hexdigest()[:8], 16) / 2**32


def try_one(builder, scratch, mutant, quick):
    started = time.monotonic()
    folder = scratch / threading.current_thread().name.rsplit("_", 1)[-1]
    for program in COVERED_BY[mutant.path]:
        if quick and "-DLEVEL=3" in program.definitions:
            continue
        outcome = builder.run(program, folder, (mutant.path, mutant.altered))
        if outcome.fate != "alive":
            break
    return mutant, outcome, time.monotonic() - started


def read_fates(path):
    """{mutant's name: Outcome} of those an earlier run has caught."""
    if not path or not pathlib.Path(path).exists():
        return {}
    return {r["name"]: build.Outcome(r["fate"], r["how"], r["what"])
            for r in json.loads(pathlib.Path(path).read_text()) if r["fate"] in ("caught", "uncompilable")}


def write_fates(path, results):
    pathlib.Path(path).write_text(json.dumps([
        {"mutant": str(m), "name": m.name, "fate": o.fate, "how": o.how, "what": o.what, "seconds": round(s, 2)}
        for m, o, s in sorted(results, key=lambda r: r[0].name)], indent=1) + "\n")


def check_originals(builder, scratch, paths):
    for program in dict.fromkeys(program for path in paths for program in COVERED_BY[path]):
        outcome = builder.run(program, scratch / "original")
        if outcome.fate != "alive":
            sys.exit(f"the kernels as they are: {program}: {outcome}")


def table(results):
    """Markdown: fates a file."""
    counts = collections.defaultdict(collections.Counter)
    for mutant, outcome, _ in results:
        counts[mutant.path][outcome.fate] += 1
        counts[mutant.path][outcome.how if outcome.fate == "caught" else ""] += 1
    kinds = [k for k, _ in collections.Counter(o.how for _, o, _ in results if o.fate == "caught").most_common()]
    columns = ["uncompilable", "caught", *kinds, "equivalent", "alive"]
    lines = ["| source | mutants | " + " | ".join(columns) + " |", "|" + "---|" * (len(columns) + 2)]
    for path, count in counts.items():
        total = sum(count[fate] for fate in ("uncompilable", "caught", "equivalent", "alive"))
        lines.append(f"| `{path}` | {total} | " + " | ".join(str(count[c]) for c in columns) + " |")
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", default=str(build.ROOT / "build/release"), help="a configured release build")
    parser.add_argument("--only", default="", help="mutants whose line in --list matches this")
    parser.add_argument("--sample", type=float, default=1.0, help="about this share of them, always the same ones")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--list", action="store_true", help="print the mutants and stop")
    parser.add_argument("--json", help="read and write every mutant's fate here")
    parser.add_argument("--prebuilt", action="store_true", help="build no library: they are there")
    parser.add_argument("--quick", action="store_true", help="few kernels only: more stay alive")
    options = parser.parse_args()
    every = list(mutants())
    stale = equivalents().keys() - {m.name for m in every}
    if stale:
        sys.exit(f"{EQUIVALENT.name}: no such mutant any more:\n" + "\n".join(sorted(stale)))
    chosen = [m for m in every if re.search(options.only, str(m)) and share_of(m.name) < options.sample]
    if options.list:
        print("\n".join(str(m) for m in chosen))
        return 0
    scratch = pathlib.Path(options.build) / f"mutation-{os.getpid()}"
    atexit.register(shutil.rmtree, scratch, ignore_errors=True)
    if not options.prebuilt:
        subprocess.run(["cmake", "--build", options.build, "-j", str(options.jobs), "--target", build.LINKED_LIKE],
                       check=True, stdout=subprocess.DEVNULL)
    builder = build.Builder(options.build, scratch)
    builder.precompile()
    check_originals(builder, scratch, {m.path for m in chosen})
    fates = {name: build.Outcome("equivalent", "", reason) for name, reason in equivalents().items()}
    fates |= read_fates(options.json)
    results = [(m, fates[m.name], 0.0) for m in chosen if m.name in fates]
    left = [m for m in chosen if m.name not in fates]
    with concurrent.futures.ThreadPoolExecutor(options.jobs, "mutant") as pool:
        tries = [pool.submit(try_one, builder, scratch, m, options.quick) for m in left]
        for number, done in enumerate(concurrent.futures.as_completed(tries), 1):
            results.append(done.result())
            mutant, outcome, _ = results[-1]
            if outcome.fate == "alive":
                print(f"alive: {mutant}\n    {mutant.name}", flush=True)
            if options.json and (number % 20 == 0 or number == len(left)):
                write_fates(options.json, results)
    print(table(results))
    return 1 if any(o.fate == "alive" for _, o, _ in results) else 0


if __name__ == "__main__":
    sys.exit(main())
