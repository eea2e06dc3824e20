#!/usr/bin/env python3
"""Golden reports: what the program says of a few runs, kept so that every change of the model shows in review.

Usage: golden.py FP6SIM [--update]    Exit 1 where a report differs from tests/golden (first differences shown), 2 where one fails.

Each report is the command's JSON document without `program` (its hash changes with every edit of a source), one key a line.
"""
import json
import pathlib
import subprocess
import sys
import tempfile

FOLDER = pathlib.Path(__file__).resolve().parent.parent / "tests" / "golden"
SHAPE = ["--m", "2048", "--k", "4096"]
TRACE = ["trace", "--kernel", "w6a16", "--m", "512", "--k", "1024", "--n", "8", "--gpu", "a100-sxm-40g", "-o", "w6a16.trace"]

# name -> arguments. Paths are relative to a folder with the files of tests/golden and the trace above.
REPORTS = {
    "gemm-a100-cublas-fp16-b8": ["gemm", *SHAPE, "--n", "8", "--gpu", "a100-sxm-40g", "--kernel", "cublas-fp16"],
    "gemm-a100-tc-fpx-w6a16-b8": ["gemm", *SHAPE, "--n", "8", "--gpu", "a100-sxm-40g", "--kernel", "tc-fpx-w6a16"],
    "gemm-a100-trtllm-w4a16-fine-b16": ["gemm", *SHAPE, "--n", "16", "--gpu", "a100-sxm-40g", "--kernel", "trtllm-w4a16-fine"],
    "gemm-h100-w6a16-b8": ["gemm", *SHAPE, "--n", "8", "--gpu", "h100-sxm", "--kernel", "w6a16"],
    "gemm-h100-w6a16-smem-b64": ["gemm", *SHAPE, "--n", "64", "--gpu", "h100-sxm", "--kernel", "w6a16", "--design", "smem"],
    "gemm-h200-w6a16-l2-b1": ["gemm", *SHAPE, "--n", "1", "--gpu", "h200", "--kernel", "w6a16", "--design", "l2"],
    "gemm-rtx4090-w4a16-g128-warm-b1": ["gemm", *SHAPE, "--n", "1", "--gpu", "rtx4090", "--kernel", "w4a16-g128", "--warm-l2"],
    "gemm-a100-w6a16-packed6-exact-b8": ["gemm", *SHAPE, "--n", "8", "--gpu", "a100-sxm-40g", "--kernel", "w6a16", "--split",
                                         "packed6", "--exact"],
    "compare-a100": ["compare", "measured.csv", "--gpu", "a100-sxm-40g"],
    "step-h100-small": ["run", "small.json", "--step", "--gpu", "h100-sxm", "--kernel", "w6a16", "--batch", "4"],
    "replay-a100-w6a16-b8": ["replay", "w6a16.trace", "--gpu", "a100-sxm-40g"],
}


def report(program, arguments, folder):
    run = subprocess.run([program, *arguments, "--json"], cwd=folder, capture_output=True, text=True, check=False)
    if run.returncode != 0:
        sys.exit("golden.py: fp6sim %s: exit %d\n%s" % (" ".join(arguments), run.returncode, run.stderr))
    document = json.loads(run.stdout)
    document.pop("program")
    return json.dumps(document, indent=1) + "\n"


def differences(name, kept, now):
    kept, now = kept.splitlines(), now.splitlines()
    changed = [(i + 1, a, b) for i, (a, b) in enumerate(zip(kept, now)) if a != b]
    lines = ["%s: %d of %d lines differ" % (name, len(changed) + abs(len(kept) - len(now)), len(now))]
    lines += ["  line %d: %s  ->  %s" % (i, a.strip(), b.strip()) for i, a, b in changed[:4]]
    return "\n".join(lines)


def main():
    if len(sys.argv) < 2 or sys.argv[2:] not in ([], ["--update"]):
        print(__doc__, file=sys.stderr)
        return 2
    program, update = str(pathlib.Path(sys.argv[1]).resolve()), len(sys.argv) == 3
    failed = []
    with tempfile.TemporaryDirectory() as folder:
        for name in ("measured.csv", "small.json"):
            (pathlib.Path(folder) / name).write_text((FOLDER / name).read_text(encoding="utf-8"), encoding="utf-8")
        subprocess.run([program, *TRACE], cwd=folder, check=True, capture_output=True)
        for name, arguments in REPORTS.items():
            now = report(program, arguments, folder)
            file = FOLDER / (name + ".json")
            if update:
                file.write_text(now, encoding="utf-8")
            elif not file.exists():
                failed.append(name + ": not kept yet")
            elif (kept := file.read_text(encoding="utf-8")) != now:
                failed.append(differences(name, kept, now))
    known = {name + ".json" for name in REPORTS} | {"small.json"}
    failed += ["%s: no report of that name" % f.name for f in FOLDER.glob("*.json") if f.name not in known]
    if failed:
        print("\n".join(failed) + "\nWhere the change is meant: tools/golden.py %s --update, and say why in the commit." %
              sys.argv[1])
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
