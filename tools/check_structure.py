#!/usr/bin/env python3
"""Holds the architecture: which part may include which, how long a file may be, where host/device conditionals live.

Usage: check_structure.py ROOT    Prints one line a finding; exit 1 where there is any.
"""
import os
import pathlib
import re
import sys

# part -> what it may include; the longest matching part rules a file (app -> sim -> emu <- kernels).
ALLOWED = {
    "emu": {"emu"},
    "rtl": {"rtl", "emu"},  # rtl's C++ is judged by emu; its SystemVerilog sees nothing
    "kernels": {"kernels", "emu/simt", "emu/packing", "emu/format.h", "emu/decode.h", "emu/encode.h",
                "emu/rounding.h", "emu/binary16.h", "emu/error.h", "emu/parallel.h"},
    "kernels/tuning": {"kernels", "emu/error.h", "emu/json"},  # a library of its own: the kernels need no JSON
    "sim": {"sim", "emu"},
    # Functional mode is judged by emu/gemm, so it never sees it: elements, packing and the tensor core's step alone.
    "sim/functional": {"sim", "emu/mma", "emu/packing", "emu/format.h", "emu/dequantize.h", "emu/binary16.h",
                       "emu/rounding.h", "emu/error.h"},
    "app": {"app", "sim", "emu", "kernels", "rtl"},
    "tests": {"app", "sim", "emu", "kernels", "rtl", "tools", "tests"},
    "bench": {"app", "sim", "emu", "kernels", "rtl", "bench"},
    "python": {"app", "sim", "emu", "kernels", "python"},
    "tools": {"emu", "kernels", "tools", "sim", "app/verify"},
    "examples": {"emu", "kernels", "sim", "examples"},
}
CODE = {".h", ".cpp", ".cc", ".cu", ".cuh", ".sv", ".svh", ".py", ".sh", ".cmake"}
LONGEST_FILE = 400
INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"]+)"')
DEVICE_CONDITIONAL = re.compile(r"__CUDA_ARCH__|__CUDACC__")


def part_of(path):
    """The key of ALLOWED that rules this file, or None."""
    return next((key for key in sorted(ALLOWED, key=len, reverse=True) if path.startswith(key + "/")), None)


def may_include(part, target):
    return any(target == allowed or target.startswith(allowed + "/") for allowed in ALLOWED[part])


def source_files(root):
    """Our code below `root`. Build folders are not entered: tests write there while this runs."""
    for folder, subfolders, names in os.walk(root):
        if pathlib.Path(folder) == root:
            subfolders[:] = [name for name in subfolders if name not in ("build", "out", ".git")]
        yield from (pathlib.Path(folder) / name for name in names if pathlib.Path(name).suffix in CODE)


def findings(root):
    for file in sorted(source_files(root)):
        relative = file.relative_to(root).as_posix()
        lines = file.read_text(encoding="utf-8").splitlines()
        if len(lines) > LONGEST_FILE:
            yield f"{relative}: {len(lines)} lines; split it by idea (ceiling {LONGEST_FILE})"
        part = part_of(relative)
        for number, line in enumerate(lines, 1):
            match = INCLUDE.match(line)
            if match and part:
                target = match.group(1)
                beside = target.split("/")[0] not in ALLOWED and (file.parent / target).exists()
                if beside and part != "examples":  # an example is a project of its own: its folder is its root
                    yield f'{relative}:{number}: "{target}" is not written from the root'
                elif target.split("/")[0] in ALLOWED and not may_include(part, target):
                    yield f'{relative}:{number}: {part} may not include "{target}"'
            if relative.startswith(("kernels/", "examples/")) and not relative.startswith("kernels/device/"):
                if DEVICE_CONDITIONAL.search(line):
                    yield f"{relative}:{number}: host/device conditional outside kernels/device"


def main():
    if len(sys.argv) != 2 or not pathlib.Path(sys.argv[1]).is_dir():
        print("usage: check_structure.py ROOT (a directory)", file=sys.stderr)
        return 2
    found = list(findings(pathlib.Path(sys.argv[1])))
    print("\n".join(found) if found else "structure: nothing to report")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
