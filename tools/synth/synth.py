#!/usr/bin/env python3
"""Maps the RTL's variants to a cell library and weighs them: gate equivalents, delay, flip-flops, energy.

  synth.py                     every variant, to rtl/units.json and the table in docs/rtl.md
  synth.py e3m2-l32d2 ...      these, printed only; with --update, replaced in both
  --liberty FILE               another library than our own (its NAND2 named with --nand2); no energy then
  --netlist FOLDER             keep the mapped netlists there

Flip-flops with an enable count as flip-flops behind a clock gate that 16 share. Delay is the longest path between registers
or ports: clock-to-output and set-up are added for registered designs. Energy is that of random beats, one a cycle, through
the whole netlist: half C V^2 for every transition of every net and what drives it, and the clock's load.
"""

import argparse
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import concurrent.futures

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path.insert(0, str(HERE))
import activity  # noqa: E402
import liberty  # noqa: E402
from netlist import MAP_SCRIPT, clock_gated, rtl_files  # noqa: E402
from variants import VARIANTS  # noqa: E402

FO4_PS = 5 * liberty.TAU_PS


def synthesise(variant, folder, library, own):
    """Runs Yosys; returns (area by cell, abc's delay in ps)."""
    (folder / "map.abc").write_text(MAP_SCRIPT.format(delay=variant.delay))
    (folder / "gate.v").write_text(clock_gated())
    sets = " ".join(f"-set {name} {value}" for name, value in variant.parameters.items())
    gates = "techmap -map gate.v; " if own else "dffunmap -ce-only; "
    script = f"""read_verilog -sv -defer {' '.join(map(str, rtl_files(ROOT / 'rtl')))}
{f'chparam {sets} {variant.top}' if sets else ''}
hierarchy -top {variant.top}
synth -flatten -noabc -run :fine
memory_map
opt -full
opt_dff -nosdff
{gates}techmap
opt
dfflegalize -cell $_DFF_P_ x -cell $_DFF_PN0_ x
dfflibmap -liberty {library}
opt_clean -purge
tee -o abc.log abc -liberty {library} -D {variant.delay} -script map.abc
opt_clean -purge
rename -top top
write_verilog -noattr -noexpr netlist.v
write_json netlist.json
"""
    (folder / "run.ys").write_text(script)
    done = subprocess.run(["yosys", "-q", "-s", "run.ys"], cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"{variant.name}: " + (done.stdout + done.stderr).strip().splitlines()[-1])
    delays = re.findall(r"Delay =\s*([0-9.]+) ps", (folder / "abc.log").read_text())
    with open(folder / "netlist.json", encoding="utf-8") as file:
        module = json.load(file)["modules"]["top"]
    cells = {}
    for cell in module["cells"].values():
        cells[cell["type"]] = cells.get(cell["type"], 0) + 1
    return module, cells, float(delays[-1]) if delays else 0.0


def areas(library):
    """Cell -> area, from any Liberty file."""
    text = pathlib.Path(library).read_text(encoding="utf-8", errors="replace")
    return {name: float(area) for name, area in
            re.findall(r'cell\s*\(\s*"?(\w+)"?\s*\)\s*\{.*?\barea\s*:\s*([0-9.]+)', text, re.S)}


def weigh(variant, arguments):
    own = arguments.liberty is None
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        library = folder / "cells.lib"
        if own:
            library.write_text(liberty.liberty())
            area = {cell: ge for cell, _, ge, *_ in [*liberty.cells(), *liberty.flip_flops()]}
            nand2 = 1.0
        else:
            library = pathlib.Path(arguments.liberty).resolve()
            area = areas(library)
            nand2 = area[arguments.nand2]
        module, cells, delay = synthesise(variant, folder, library, own)
        if arguments.netlist:
            pathlib.Path(arguments.netlist).mkdir(parents=True, exist_ok=True)
            shutil.copy(folder / "netlist.v", pathlib.Path(arguments.netlist) / f"{variant.name}.v")
        unknown = [cell for cell in cells if cell not in area]
        if unknown:
            raise RuntimeError(f"{variant.name}: cell {unknown[0]} is not in the library")
        total = sum(count * area[cell] for cell, count in cells.items()) / nand2
        flip_flops = sum(count for cell, count in cells.items() if cell.startswith(("DFF", "SDFF")))
        if flip_flops:
            delay += liberty.TAU_PS * (liberty.FLIP_FLOP_CLOCK_TO_Q + liberty.FLIP_FLOP_SETUP)
        energy = activity.energy_pj(module, variant) if own and variant.stimulus else None
    return {
        "name": variant.name, "description": variant.description, "module": variant.top, "formats": variant.formats,
        "lanes": variant.lanes, "depth": variant.depth, "gate_equivalents": round(total, 1),
        "gate_equivalents_per_lane": round(total / variant.lanes, 1), "flip_flops": flip_flops,
        "delay_ps": round(delay, 0), "delay_fo4": round(delay / FO4_PS, 1),
        "energy_pj_per_weight": None if energy is None else round(energy / variant.lanes, 4),
    }


def table(rows):
    lines = ["| variant | lanes | registers | GE | GE a lane | flip-flops | delay ps (FO4) | pJ a weight |",
             "|---|---:|---:|---:|---:|---:|---:|---:|"]
    for row in rows:
        energy = "" if row["energy_pj_per_weight"] is None else f"{row['energy_pj_per_weight']:.3f}"
        lines.append(f"| `{row['name']}` {row['description']} | {row['lanes']} | {row['depth']} | "
                     f"{row['gate_equivalents']:,.0f} | {row['gate_equivalents_per_lane']:,.0f} | {row['flip_flops']} | "
                     f"{row['delay_ps']:.0f} ({row['delay_fo4']:.0f}) | {energy} |")
    return "\n".join(lines) + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("variants", nargs="*")
    parser.add_argument("--update", action="store_true")
    parser.add_argument("--liberty")
    parser.add_argument("--nand2", default="NAND2_X1")
    parser.add_argument("--netlist")
    parser.add_argument("--jobs", type=int, default=min(3, os.cpu_count() or 1))
    arguments = parser.parse_args()
    known = {variant.name: variant for variant in VARIANTS}
    unknown = [name for name in arguments.variants if name not in known]
    if unknown:
        print(f"synth.py: unknown variant '{unknown[0]}'; known: {' '.join(known)}", file=sys.stderr)
        return 2
    chosen = [known[name] for name in arguments.variants] or VARIANTS
    with concurrent.futures.ProcessPoolExecutor(arguments.jobs) as pool:
        rows = list(pool.map(weigh, chosen, [arguments] * len(chosen)))
    print(table(rows), end="")
    if arguments.liberty or (arguments.variants and not arguments.update):
        return 0
    units = ROOT / "rtl" / "units.json"
    if arguments.variants and units.exists():
        kept = {row["name"]: row for row in json.loads(units.read_text(encoding="utf-8"))["units"]}
        kept |= {row["name"]: row for row in rows}
        rows = [kept[variant.name] for variant in VARIANTS if variant.name in kept]
    library = {"name": "fp6sim_logical_effort", "source": "tools/synth/liberty.py", "fo4_ps": FO4_PS,
               "volt": liberty.VOLT, "gate_equivalent": "NAND2_X1", "level": "45 nm class, logical effort, no wires routed"}
    with open(units, "w", encoding="utf-8") as file:
        json.dump({"version": 1, "library": library, "units": rows}, file, indent=1)
        file.write("\n")
    page = ROOT / "docs" / "rtl.md"
    parts = re.split(r"(<!-- table -->\n|<!-- end of table -->\n)", page.read_text(encoding="utf-8"))
    parts[2] = table(rows)
    page.write_text("".join(parts), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
