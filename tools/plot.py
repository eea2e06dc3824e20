#!/usr/bin/env python3
"""Figures for papers from results: plot.py SOURCE -o FILE.png|.svg|.pdf [--what speedup|stack|pareto|comparison]

SOURCE: a sweep's database, run.json (fp6sim run --out), or the output of fp6sim compare --json. One panel a GPU.
Needs Matplotlib (python3-matplotlib).
"""

import argparse
import json
import os
import sqlite3
import sys

COLOURS = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#b8860b", "#56b4e9", "#8c564b", "#7f7f7f", "#bcbd22"]
MARKERS = "o^sDv*Px<"


def fail(message):
    """Ends as fp6sim does on bad input: one line, code 2."""
    print("plot.py: " + message, file=sys.stderr)
    sys.exit(2)


def load_points(source):
    """Points as flat dictionaries, with 'speedup' and 'ceiling' where FP16 is known."""
    if source.endswith(".json"):
        with open(source) as file:
            document = json.load(file)
        points = document["points"]
        for point in points:
            point["ceiling"] = point["baseline_floor_us"] / point["floor_us"]
        return points
    if not os.path.exists(source):
        fail("%s: no such file" % source)
    db = sqlite3.connect("file:%s?mode=ro" % source, uri=True)
    points = []
    for row in db.execute("SELECT p.gpu, kernel, design, split, m, k, batch, warm_l2, overrides, result, "
                          "coalesce(l.workload, ''), coalesce(l.layer, m || 'x' || k), step FROM points p LEFT JOIN "
                          "(SELECT DISTINCT key, workload, layer FROM labels) l USING (key) WHERE error = ''"):
        names = ("gpu", "kernel", "design", "split", "m", "k", "n", "warm_l2", "overrides")
        points.append({**dict(zip(names, row)), **json.loads(row[9]), "workload": row[10], "layer": row[11], "step": row[12]})
    problem = lambda p: tuple(p[name] for name in ("gpu", "step", "m", "k", "n", "warm_l2", "overrides"))
    baselines = {problem(p): p for p in points if p["kernel"] == "cublas-fp16"}
    for point in points:
        baseline = baselines.get(problem(point))
        if baseline:
            point["speedup"] = baseline["time_us"] / point["time_us"]
            point["ceiling"] = baseline["floor_us"] / point["floor_us"]
    return points


def variant(point):
    design = "" if point["design"] == "simt" else " @" + point["design"]
    return point["kernel"] + design + (" " + point["split"] if point["split"] else "")


def panels(plt, points, width=4.2, height=3.4):
    gpus = sorted({p["gpu"] for p in points})
    figure, axes = plt.subplots(1, len(gpus), figsize=(width * len(gpus), height), squeeze=False, sharey=True)
    for axis, gpu in zip(axes[0], gpus):
        axis.set_title(gpu, fontsize=10)
        axis.grid(alpha=0.3)
        yield figure, axis, [p for p in points if p["gpu"] == gpu]


def plot_speedup(plt, points):
    """Geometric mean over layers; dashed: the byte ceiling."""
    points = [p for p in points if "speedup" in p]
    names = list(dict.fromkeys(variant(p) for p in points))
    for figure, axis, here in panels(plt, points):
        for at, name in enumerate(names):
            batches = sorted({p["n"] for p in here if variant(p) == name})
            for key, style in (("speedup", "-"), ("ceiling", "--")):
                means = []
                for batch in batches:
                    values = [p[key] for p in here if variant(p) == name and p["n"] == batch]
                    product = 1.0
                    for value in values:
                        product *= value ** (1 / len(values))
                    means.append(product)
                axis.plot(batches, means, style, color=COLOURS[at % len(COLOURS)], linewidth=1.6 if style == "-" else 0.8,
                          marker=MARKERS[at % len(MARKERS)] if style == "-" else None, markersize=4,
                          label=name if style == "-" else None)
        axis.set_xscale("log", base=2)
        axis.set_xlabel("batch")
        axis.set_ylim(bottom=0)
    figure.axes[0].set_ylabel("speedup over FP16")
    figure.axes[-1].legend(fontsize=7)
    return figure


def plot_stack(plt, points):
    batch = min(p["n"] for p in points)
    points = [p for p in points if p["n"] == batch][:80]
    parts = list(points[0]["stack"])
    for figure, axis, here in panels(plt, points, height=6):
        left = [0.0] * len(here)
        labels = ["%s %s" % (p["layer"], variant(p)) for p in here]
        for at, part in enumerate(parts):
            times = [p["stack"].get(part, 0) * p["time_us"] for p in here]
            axis.barh(range(len(here)), times, left=left, color=COLOURS[at % len(COLOURS)], label=part)
            left = [a + b for a, b in zip(left, times)]
        axis.set_yticks(range(len(here)), labels, fontsize=6)
        axis.invert_yaxis()
        axis.set_xlabel("\u00b5s at batch %d" % batch)
    figure.axes[-1].legend(fontsize=7)
    return figure


def plot_pareto(plt, points):
    names = list(dict.fromkeys(variant(p) for p in points))
    for figure, axis, here in panels(plt, points):
        for at, name in enumerate(names):
            own = [p for p in here if variant(p) == name]
            axis.scatter([p["time_us"] for p in own], [p["energy_uj"] for p in own], s=12, label=name,
                         color=COLOURS[at % len(COLOURS)], marker=MARKERS[at % len(MARKERS)])
        best, front = float("inf"), []
        for point in sorted(here, key=lambda p: (p["time_us"], p["energy_uj"])):
            if point["energy_uj"] < best:
                best = point["energy_uj"]
                front.append(point)
        axis.plot([p["time_us"] for p in front], [p["energy_uj"] for p in front], color="black", linewidth=0.8)
        axis.set_xlabel("time, \u00b5s")
    figure.axes[0].set_ylabel("energy, \u00b5J")
    figure.axes[-1].legend(fontsize=7)
    return figure


def plot_comparison(plt, source):
    with open(source) as file:
        rows = json.load(file)["rows"]
    figure, axis = plt.subplots(figsize=(4.5, 4))
    for at, kernel in enumerate(dict.fromkeys(row["kernel"] for row in rows)):
        own = [row for row in rows if row["kernel"] == kernel]
        axis.scatter([r["measured"] for r in own], [r["predicted"] for r in own], s=12, label=kernel,
                     color=COLOURS[at % len(COLOURS)], marker=MARKERS[at % len(MARKERS)])
    ends = [min(r["measured"] for r in rows), max(r["measured"] for r in rows)]
    axis.plot(ends, ends, color="black", linewidth=0.8)
    axis.set_xlabel("measured")
    axis.set_ylabel("predicted")
    axis.grid(alpha=0.3)
    axis.legend(fontsize=7)
    return figure


def draw(plt, arguments):
    if arguments.what == "comparison":
        figure = plot_comparison(plt, arguments.source)
    else:
        points = load_points(arguments.source)
        if arguments.what == "speedup" and not any("speedup" in p for p in points):
            fail("%s has no cublas-fp16 points to compare with" % arguments.source)
        if not points:
            fail("%s has no points" % arguments.source)
        figure = {"speedup": plot_speedup, "stack": plot_stack, "pareto": plot_pareto}[arguments.what](plt, points)
    figure.tight_layout()
    figure.savefig(arguments.out, dpi=150)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("source")
    parser.add_argument("-o", "--out", required=True, help="the ending chooses the kind: .png .svg .pdf")
    parser.add_argument("--what", default="speedup", choices=("speedup", "stack", "pareto", "comparison"))
    arguments = parser.parse_args()
    try:
        import matplotlib
    except ImportError:
        fail("Matplotlib is missing (python3-matplotlib)")
    matplotlib.use("Agg")
    import matplotlib.pyplot as plt
    if not arguments.out.endswith((".png", ".svg", ".pdf")):
        fail("--out '%s': the file must end in .png, .svg or .pdf" % arguments.out)
    try:
        draw(plt, arguments)
    except (KeyError, TypeError, ValueError) as error:
        fail("%s: not what --what %s draws (%s: %s)" % (arguments.source, arguments.what, type(error).__name__, error))
    except (OSError, sqlite3.Error) as error:
        fail("%s: %s" % (arguments.source, error))


if __name__ == "__main__":
    main()
