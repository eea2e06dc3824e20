#!/usr/bin/env python3
"""How much calibration GPTQ needs, and how much of its gain is the calibration text's own.

Calibrates on the first 1 .. 512 texts of one file and evaluates twice: on another file, and on those same texts.
Writes OUT/gptq_calibration.csv and OUT/gptq_calibration.svg.

Usage: gptq_study.py FP6SIM MODEL CALIBRATION_TEXT EVAL_TEXT OUT [--formats int4@row,e3m2@row] [--sequences 256]
"""
import argparse
import csv
import json
import math
import pathlib
import subprocess
import sys

SAMPLES = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512]
COLOURS = ["#1f6fb4", "#d1622b", "#3a8f4d", "#8a55a8"]
FIELDS = ["format", "scale", "method", "evaluated_on", "samples", "sequences", "perplexity", "perplexity_se",
          "unquantised", "delta_percent", "kl"]


def evaluate(arguments, text, formats, sequences, calibration_samples):
    command = [arguments.fp6sim, "eval", arguments.model, "--text", text, "--json", "--format", ",".join(formats),
               "--max-sequences", str(sequences)]
    if calibration_samples:
        command += ["--calibration-text", arguments.calibration, "--calibration-samples", str(calibration_samples)]
    return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)


def rows_of(result, evaluated_on, samples, method):
    for entry in result["formats"]:
        if entry["method"] == method:
            yield {**{key: entry[key] for key in ("format", "scale", "method", "perplexity", "perplexity_se",
                                                  "delta_percent", "kl")},
                   "evaluated_on": evaluated_on, "samples": samples, "sequences": result["sequences"],
                   "unquantised": result["unquantised"]["perplexity"]}


def study(arguments):
    formats = arguments.formats.split(",")
    gptq = [name + "@gptq" for name in formats]
    rows = list(rows_of(evaluate(arguments, arguments.text, formats, arguments.sequences, 0), "other text", 0, "rtn"))
    for samples in SAMPLES:
        print(f"gptq_study: {samples} calibration texts", file=sys.stderr)
        rows += rows_of(evaluate(arguments, arguments.text, gptq, arguments.sequences, samples), "other text", samples, "gptq")
        own = evaluate(arguments, arguments.calibration, formats + gptq, samples, samples)
        rows += rows_of(own, "calibration text", samples, "gptq")
        rows += rows_of(own, "calibration text", samples, "rtn")
    return rows


def svg(rows):
    """KL to the unquantised model over calibration texts, both axes logarithmic."""
    width, height, left, bottom, top = 760, 420, 70, 370, 40
    values = [row["kl"] for row in rows]
    low, high = math.floor(math.log2(min(values))), math.ceil(math.log2(max(values)))

    def place(samples, kl):
        x = left + math.log2(samples) / math.log2(SAMPLES[-1]) * (width - left - 210)
        return x, bottom - (math.log2(kl) - low) / (high - low) * (bottom - top)

    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif" '
             'font-size="12">', f'<rect width="{width}" height="{height}" fill="white"/>',
             f'<text x="{left}" y="22" font-size="14">GPTQ: KL to the unquantised model (nats a token)</text>']
    for exponent in range(low, high + 1):
        y = place(1, 2.0 ** exponent)[1]
        parts.append(f'<path d="M{left} {y:.1f}H{width - 210}" stroke="#ddd"/>'
                     f'<text x="{left - 8}" y="{y + 4:.1f}" text-anchor="end">{2.0 ** exponent:.3g}</text>')
    for samples in SAMPLES:
        parts.append(f'<text x="{place(samples, 2.0 ** low)[0]:.1f}" y="{bottom + 18}" text-anchor="middle">{samples}</text>')
    parts.append(f'<text x="{(left + width - 210) / 2}" y="{bottom + 38}" text-anchor="middle">calibration texts</text>')
    legend = top
    kinds = dict.fromkeys((row["format"], row["scale"]) for row in rows)
    for colour, kind in zip(COLOURS * 4, kinds):
        for where, method, dash in (("other text", "gptq", ""), ("calibration text", "gptq", "5 4"), ("other text", "rtn", "1 4")):
            chosen = [row for row in rows
                      if (row["format"], row["scale"]) == kind and row["evaluated_on"] == where and row["method"] == method]
            points = [place(row["samples"], row["kl"]) for row in chosen if row["samples"]]
            if method == "rtn":
                points = [place(samples, chosen[0]["kl"]) for samples in (SAMPLES[0], SAMPLES[-1])]
            path = "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points)
            parts.append(f'<path d="{path}" fill="none" stroke="{colour}" stroke-width="2" stroke-dasharray="{dash}"/>')
            label = f"{kind[0]} {kind[1]}, " + ("RTN" if method == "rtn" else where)
            parts.append(f'<path d="M{width - 200} {legend}h24" stroke="{colour}" stroke-width="2" stroke-dasharray="{dash}"/>'
                         f'<text x="{width - 170}" y="{legend + 4}">{label}</text>')
            legend += 20
    return "\n".join(parts + ["</svg>"]) + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("fp6sim", "model", "calibration", "text", "out"):
        parser.add_argument(name)
    parser.add_argument("--formats", default="int4@row,int4@group:32,e3m2@row")
    parser.add_argument("--sequences", type=int, default=256)
    arguments = parser.parse_args()
    rows = study(arguments)
    out = pathlib.Path(arguments.out)
    out.mkdir(parents=True, exist_ok=True)
    with open(out / "gptq_calibration.csv", "w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, FIELDS)
        writer.writeheader()
        for row in rows:
            writer.writerow({key: f"{value:.6g}" if isinstance(value, float) else value for key, value in row.items()})
    (out / "gptq_calibration.svg").write_text(svg(rows), encoding="utf-8")


if __name__ == "__main__":
    main()
