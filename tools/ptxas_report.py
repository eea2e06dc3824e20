#!/usr/bin/env python3
"""Registers and spills of every compiled kernel, from what ptxas said while a FP6SIM_CUDA build compiled them.

Usage: ptxas_report.py BUILD_DIRECTORY [--markdown]    Exit 1 where a kernel spills or ptxas says it did not do as told
(serialised wgmma, ignored setmaxnreg), 2 where there is no report.
"""
import collections
import pathlib
import re
import sys

ENTRY = re.compile(r"Compiling entry function '(\S+)' for '(sm_\w+)'")
SPILL = re.compile(r"(\d+) bytes stack frame, (\d+) bytes spill stores, (\d+) bytes spill loads")
USED = re.compile(r"Used (\d+) registers")
# Its numbered remarks: C7508 setmaxnreg ignored, C7510 wgmma serialised, ...
REMARK = re.compile(r"ptxas.*\bC7\d\d\d\b.*")
# The template arguments of Tile<KernelSpec{...}, batch tile, generation> in a mangled name.
TILE = re.compile(r"WeightFormatE(\d)ELN?S?\w*?5SplitE(\d)ELi(\d+)ELb(\d)ELN?S\w*?10ActivationE(\d)EEELi(\d+)E")
# The same of Packed<KernelSpec{...}>, which dequantising to memory takes; it has no batch.
PACKED = re.compile(r"WeightFormatE(\d)ELN?S?\w*?5SplitE(\d)ELi(\d+)ELb(\d)ELN?S\w*?10ActivationE(\d)EEE")
KINDS = ["gemm_ampere", "gemm_hopper", "gemm_warpgroup", "dequantize_to_memory", "dense_gemm", "pack_tiles"]
FORMATS = ["E3M2", "E2M3", "E2M2", "INT4", "INT8"]
SPLITS = ["4+2", "2+4", "4+2-byte", "packed6", "padded8", "4+1", "1+4", "packed5", "packed4"]

Kernel = collections.namedtuple("Kernel", "architecture kind name batch registers spills")


def spec_name(weights, split, group, zero, activation):
    name = f"{FORMATS[weights]} {SPLITS[split]} {'g' + str(group) if group else 'row'}"
    return name + (" zp" if zero else "") + (" bf16" if activation else " fp16")


def kernels(report):
    entry = None
    spills = 0
    for line in report.read_text(encoding="utf-8").splitlines():
        if match := ENTRY.search(line):
            entry, spills = match.groups(), 0
        elif match := SPILL.search(line):
            spills = int(match.group(1)) + int(match.group(2)) + int(match.group(3))
        elif entry and (match := USED.search(line)):
            mangled, architecture = entry
            kind = next((k for k in KINDS if k in mangled), mangled)
            name, batch = mangled[mangled.index(kind) + len(kind):], 0  # of the others their mangled arguments
            if tile := TILE.search(mangled):
                batch = int(tile.group(6))
                name = spec_name(*map(int, tile.groups()[:5]))
            elif packed := PACKED.search(mangled):
                name = spec_name(*map(int, packed.groups()))
            yield Kernel(architecture, kind, name, int(batch), int(match.group(1)), spills)
            entry = None


def main():
    if len(sys.argv) < 2 or not pathlib.Path(sys.argv[1]).is_dir():
        print("usage: ptxas_report.py BUILD_DIRECTORY [--markdown]", file=sys.stderr)
        return 2
    reports = sorted(pathlib.Path(sys.argv[1]).rglob("*.cu.o.report"))
    found = [k for report in reports for k in kernels(report)]
    if not found:
        print(f"{sys.argv[1]}: no ptxas report; build with -DFP6SIM_CUDA=ON", file=sys.stderr)
        return 2
    rows = collections.defaultdict(dict)
    for kernel in found:
        rows[kernel.architecture, kernel.kind, kernel.name][kernel.batch] = kernel
    batches = sorted({k.batch for k in found})
    if "--markdown" in sys.argv:
        print("| architecture | kernel | " + " | ".join(f"batch {b}" if b else "any batch" for b in batches) + " |")
        print("|---|---|" + "---|" * len(batches))
        for (architecture, kind, name), by_batch in sorted(rows.items()):
            cells = [str(by_batch[b].registers) if b in by_batch else "" for b in batches]
            print(f"| {architecture} | {kind} {name} | " + " | ".join(cells) + " |")
    spilling = [k for k in found if k.spills]
    for k in spilling:
        print(f"{k.architecture} {k.kind} {k.name} batch {k.batch}: {k.registers} registers, {k.spills} bytes spilled")
    remarks = [f"{report.name}: {line}" for report in reports
               for line in REMARK.findall(report.read_text(encoding="utf-8"))]
    for remark in remarks:
        print(remark)
    print(f"{len(found)} kernels, {len(spilling)} spill, {len(remarks)} remarks", file=sys.stderr)
    return 1 if spilling or remarks else 0


if __name__ == "__main__":
    sys.exit(main())
