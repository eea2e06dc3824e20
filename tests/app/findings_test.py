"""The findings' sweeps and tables, on a model of two small layers: findings_test.py FP6SIM SOURCE.

Every number of the page's tables is found again in the stored steps, so that a table cannot name one step and show another.
"""

import json
import os
import re
import sqlite3
import subprocess
import sys
import tempfile

MODEL = {"name": "tiny", "description": "two layers", "blocks": [{"name": "decoder", "repeat": 2, "source": "this test", "layers": [
    {"name": "up", "out_features": 1024, "in_features": 512}, {"name": "down", "out_features": 512, "in_features": 1024}]}]}


def rows_under(page, heading, table=0):
    """Cells of the table after a heading."""
    tables, lines = [], []
    for line in page[page.index(heading):].splitlines()[1:]:
        if line.startswith("## "):
            break
        if line.startswith("|"):
            lines.append([cell.strip() for cell in line.strip("|").split("|")])
        elif lines:
            tables.append(lines)
            lines = []
    return (tables + [lines])[table][2:]


def main():
    program, source = sys.argv[1:]
    with tempfile.TemporaryDirectory() as folder:
        model, output = os.path.join(folder, "tiny.json"), os.path.join(folder, "findings.md")
        with open(model, "w") as file:
            json.dump(MODEL, file)
        command = [sys.executable, os.path.join(source, "tools", "findings.py"), program, folder, "--model", model, "-o", output]
        subprocess.run(command, check=True, capture_output=True)
        again = subprocess.run(command, check=True, capture_output=True, text=True).stderr
        assert re.findall(r"(\d+) computed", again) == ["0"] * 4, again
        with open(output) as file:
            page = file.read()
        assert "None" not in page and "nan" not in page, page

        db = sqlite3.connect(os.path.join(folder, "findings-tiny.sqlite"))
        assert db.execute("SELECT count(*) FROM points WHERE error != ''").fetchone() == (0,)

        def time_of(gpu, batch, kernel="w6a16", design="simt", split="", overrides="{}"):
            return db.execute("SELECT time_us FROM points WHERE gpu = ? AND batch = ? AND kernel = ? AND design = ? AND split = ? AND overrides = ?",
                              (gpu, batch, kernel, design, split, overrides)).fetchone()[0]

        rows = rows_under(page, "## When does FP6 cost what INT4 costs?")
        assert len(rows) == 3 * 5
        for gpu, batch, *_, int4, fp6, ratio, _ in rows:
            times = [time_of(gpu, int(batch), kernel) for kernel in ("cublas-fp16", "w4a16-g128", "w6a16")]
            assert [int4, fp6, ratio] == ["%.2f" % x for x in (times[0] / times[1], times[0] / times[2], times[2] / times[1])], (gpu, batch)
        rows = rows_under(page, "## What does the `4+2-byte` split save?")
        assert len(rows) == 3
        for gpu, batch, *ratios, _ in rows:
            assert ratios[3] == "%.3f" % (time_of(gpu, int(batch), split="2+4-released") / time_of(gpu, int(batch))), ratios
        rows = rows_under(page, "## What does a hardware unit buy, and where?")
        assert len(rows) == 2 * 3 * 2
        for _, gpu, batch, *ratios in rows[:6]:
            places = ("simt", "operand", "smem", "copy", "l2", "memctrl", "native")
            assert ratios[:7] == ["%.2f" % (time_of(gpu, int(batch), design=d) / time_of(gpu, int(batch))) for d in places], ratios
        assert len(rows_under(page, "## What does a hardware unit buy, and where?", 1)) == 3 * 5
        rows = rows_under(page, "## How does the answer move")
        assert [row[0] for row in rows] == ["8"] * 7 + ["32"] * 7
        doubled = '{"gpu.dram.channels":384}'
        assert rows[1][5] == "%.2f" % (time_of("h200", 8, "cublas-fp16", overrides=doubled) / time_of("h200", 8, overrides=doubled))


if __name__ == "__main__":
    main()
