#!/usr/bin/env python3
"""Instruction counts of our own kernels in sim/kernels: what the recorder counts of their source, by every split.

Usage: kernel_counts.py FP6SIM [--update]    Exit 1 where a description differs from what FP6SIM counts today.

Runs `fp6sim trace --count KERNEL` for every description of a kernel of ours and compares instructions.splits, instructions.loop
and tiles. Splits that no kernel of ours is compiled with (packed6, padded8 ...) are argued for in the description and left alone.
"""
import json
import pathlib
import subprocess
import sys

FOLDER = pathlib.Path(__file__).resolve().parent.parent / "sim" / "kernels"
MARK = "counted by the executor's recorder: fp6sim trace --count %s"


def expected(description, counted):
    """The description with today's counts in it."""
    name, new = description["name"], json.loads(json.dumps(description))
    mark = {"derived": MARK % name}
    argued = {split: forms for split, forms in description["instructions"]["splits"].items() if split not in counted["splits"]
              and forms.get("derived") != MARK % name}
    new["instructions"]["splits"] = {**{split: {**mark, **forms} for split, forms in counted["splits"].items()}, **argued}
    new["instructions"]["loop"] = {**mark, **counted["loop"]}
    new["tiles"] = counted["tiles"]
    return new


def differences(before, after, path=""):
    if isinstance(before, dict) and isinstance(after, dict):
        keys = list(after) + [key for key in before if key not in after]
        return [line for key in keys for line in differences(before.get(key), after.get(key), path + "." + key if path else key)]
    return [] if before == after else ["  %s: %.60s  ->  %.60s" % (path, json.dumps(before), json.dumps(after))]


def main():
    if len(sys.argv) < 2 or sys.argv[2:] not in ([], ["--update"]):
        print(__doc__, file=sys.stderr)
        return 2
    failed = 0
    for file in sorted(FOLDER.glob("w*.json")):
        text = file.read_text(encoding="utf-8")
        description = json.loads(text)
        run = subprocess.run([sys.argv[1], "trace", "--count", description["name"]], capture_output=True, text=True, check=False)
        if run.returncode != 0:
            print("%s: %s" % (file.name, run.stderr.strip()))
            return 1
        new = expected(description, json.loads(run.stdout))
        changed = differences(description, new)
        if not changed:
            continue
        failed += 1
        print("\n".join(["%s: %d numbers differ" % (file.name, len(changed)), *changed[:12]]))
        if len(sys.argv) == 3:
            file.write_text(json.dumps(new, indent=1) + "\n", encoding="utf-8")
    if failed and len(sys.argv) == 2:
        print("Where the kernels' change is meant: tools/kernel_counts.py %s --update" % sys.argv[1])
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
