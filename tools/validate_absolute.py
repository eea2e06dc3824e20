"""The section of docs/validation.md about absolute times others have published (traces/published)."""
import concurrent.futures
import csv
import json
import os
import pathlib
import subprocess

TIMES = pathlib.Path(__file__).resolve().parent.parent / "traces" / "published" / "absolute_times.csv"
# What the numbers of gpus and kernels were chosen on.
SEEN = {("a100-sxm-40g", "tc-fpx-w6a16"), ("a100-sxm-40g", "cublas-fp16"), ("a100-sxm-80g", "cublas-fp16"),
        ("a100-pcie-80g", "trtllm-w4a16-coarse"), ("rtx4070ti-super", "cublas-fp16"), ("h100-sxm", "cublas-fp16")}


def simulated_us(program, row):
    command = [program, "gemm", "--m", row["m"], "--k", row["k"], "--n", row["batch"], "--kernel", row["kernel"], "--gpu",
               row["gpu"], "--loop", "--json"]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)["time_us"]


def section(program):
    """Prints the section."""
    with open(TIMES, encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as workers:
        times = list(workers.map(lambda row: simulated_us(program, row), rows))
    groups = {}
    for row, time in zip(rows, times):
        measured = float(row["time_us"]) - float(row["harness_us"])
        groups.setdefault((row["gpu"], row["kernel"], row["source"]), []).append((100 * (time / measured - 1), row))
    print("## Absolute times others have published\n")
    print("`traces/published/absolute_times.csv`, one GEMM in a loop. Rows marked * had part in choosing a number of the GPU or of"
          " the kernel (or in leaving it at zero); the others were not fitted, but all were looked at while the model was changed.\n")
    print("| GPU | kernel | rows | mean | worst | bias | worst row | source |\n|---|---|---|---|---|---|---|---|")
    for (gpu, kernel, source), errors in groups.items():
        sizes = [abs(e) for e, _ in errors]
        worst = max(errors, key=lambda e: abs(e[0]))
        row = worst[1]
        mark = "*" if (gpu, kernel) in SEEN else ""
        print(f"| {gpu} | {kernel}{mark} | {len(errors)} | {sum(sizes) / len(sizes):.1f} | {max(sizes):.1f} | "
              f"{sum(e for e, _ in errors) / len(errors):+.1f} | {row['m']}x{row['k']} batch {row['batch']} {worst[0]:+.0f} % | "
              f"{source.removeprefix('https://github.com/')} |")
    print()
