#!/usr/bin/env python3
"""plot_test.py FP6SIM SOURCE: tools/plot.py on what the program writes. Exits 77 (skipped) without Matplotlib."""

import os
import re
import subprocess
import sys
import tempfile

FP6SIM, SOURCE = sys.argv[1:3]
PLOT = os.path.join(SOURCE, "tools", "plot.py")
KERNELS = ("cublas-fp16", "w6a16")
BATCHES = (1, 8, 32)


def call(*command):
    return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False)


def program(*arguments):
    done = call(FP6SIM, *arguments)
    assert done.returncode == 0, done.stderr
    return done.stdout


def plot(source, out, what):
    done = call(sys.executable, PLOT, source, "-o", out, "--what", what)
    assert done.returncode == 0, (what, done.stderr)
    with open(out, "rb") as file:
        return file.read()


def markers(svg):
    """Points drawn inside the axes: Matplotlib places each with <use> of a marker in the series' colour."""
    return len(re.findall(r"<use [^>]*fill: #", svg))


def expect_refused(source, out, what, part):
    done = call(sys.executable, PLOT, source, "-o", out, "--what", what)
    assert done.returncode == 2 and done.stderr.count("\n") == 1 and part in done.stderr, (what, done.returncode, done.stderr)


def main():
    try:
        import matplotlib  # noqa: F401
    except ImportError:
        print("skipped: Matplotlib is missing (python3-matplotlib)")
        sys.exit(77)
    with tempfile.TemporaryDirectory() as folder:
        at = lambda name: os.path.join(folder, name)
        program("run", os.path.join(SOURCE, "tests/golden/small.json"), "--gpu", "a100-sxm-40g,h100-sxm", "--kernel",
                ",".join(KERNELS), "--batch", ",".join(map(str, BATCHES)), "--out", at("run"))
        run = at("run/run.json")
        with open(at("compare.json"), "w", encoding="utf-8") as file:
            file.write(program("compare", os.path.join(SOURCE, "tests/golden/measured.csv"), "--json"))

        speedup = plot(run, at("speedup.svg"), "speedup").decode()
        for text in ("a100-sxm-40g", "h100-sxm", "speedup over FP16") + KERNELS:
            assert "<!-- %s -->" % text in speedup, text  # Matplotlib draws text as outlines under a comment
        # A point for each GPU, kernel and batch; the legend shows each kernel once more.
        assert markers(speedup) == 2 * len(KERNELS) * len(BATCHES) + len(KERNELS), markers(speedup)
        stack = plot(run, at("stack.svg"), "stack").decode()
        assert "at batch 1 -->" in stack and "<!-- dram -->" in stack
        assert plot(run, at("pareto.png"), "pareto").startswith(b"\x89PNG")
        assert plot(at("compare.json"), at("comparison.pdf"), "comparison").startswith(b"%PDF")

        program("sweep", write(at("sweep.json")), "--db", at("s.sqlite"))
        swept = plot(at("s.sqlite"), at("swept.svg"), "speedup").decode()
        assert markers(swept) == len(KERNELS) * len(BATCHES) + len(KERNELS), markers(swept)

        expect_refused(at("absent.json"), at("x.svg"), "speedup", "absent.json")
        expect_refused(at("compare.json"), at("x.svg"), "stack", "compare.json")
        expect_refused(run, at("x.svg"), "comparison", "run.json")
        expect_refused(run, at("x.docx"), "speedup", ".docx")
        assert not os.path.exists(at("x.svg"))


def write(path):
    with open(path, "w", encoding="utf-8") as file:
        file.write('{"name": "plot", "shapes": [[1024, 1024]], "axes": {"batch": [1, 8, 32], '
                   '"gpu": "h200", "kernel": ["cublas-fp16", "w6a16"]}}')
    return path


if __name__ == "__main__":
    main()
