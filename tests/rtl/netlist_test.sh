#!/usr/bin/env bash
# netlist_test.sh SOURCE VECTORS_PROGRAM: maps a unit as tools/synth does and runs the netlist under Icarus Verilog on
# vectors judged by emu.
set -euo pipefail
source=$1 vectors=$2
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"$vectors" "$folder"
python3 "$source/tools/synth/synth.py" e3m2-l4d2 --netlist "$folder" >/dev/null
python3 "$source/tools/synth/liberty.py" --verilog -o "$folder/cells.v"
cd "$folder"
beats=$(wc -l < beats.hex) scales=$(wc -l < scales.hex)
iverilog -g2005 -o run -P netlist_tb.BEATS="$beats" -P netlist_tb.SCALES="$scales" -P netlist_tb.GROUP=16 \
         cells.v e3m2-l4d2.v "$source/tests/rtl/netlist_tb.v"
output=$(vvp run | tee /dev/stderr | tail -n 1)
[[ $output == "$beats beats of $beats, 0 wrong, error flag 0" ]]
