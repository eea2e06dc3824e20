#!/usr/bin/env bash
# Lints every module as a top (all warnings, none forgiven but those in waivers.vlt), the unit at several parameters; and
# checks that parameters out of range stop elaboration with a message that names them.
set -euo pipefail
cd "$1"
verilator=${VERILATOR:-verilator}
status=0

lint() {  # TOP [-GNAME=VALUE ...]
  local top=$1
  shift
  "$verilator" --lint-only -Wall "$@" --top-module "$top" -y . waivers.vlt dequant_pkg.sv "$top.sv" 2>&1
}

for file in *.sv; do
  top=${file%.sv}
  [[ $top == dequant_pkg ]] && continue
  lint "$top" || { echo "lint: $top"; status=1; }
done
while read -r parameters; do
  # shellcheck disable=SC2086  # several words
  lint dequant_unit $parameters || { echo "lint: dequant_unit $parameters"; status=1; }
done <<'PARAMETERS'
-GLanes=1 -GDepth=1
-GLanes=4 -GDepth=4
-GLanes=64 -GDepth=3 -GScalesPerBeat=4
-GFormats=8'h01 -GSplits=5'h01 -GBusBits=192 -GBfloat=1'b0
-GLanes=4 -GFormats=8'h80 -GSplits=5'h08 -GBusBits=16
PARAMETERS

while IFS='|' read -r top parameters message; do
  # shellcheck disable=SC2086
  if output=$(lint "$top" $parameters) || [[ $output != *"$message"* ]]; then
    echo "elaboration: $top $parameters should stop with '$message', but:"
    echo "$output"
    status=1
  fi
done <<'REFUSED'
dequant_unit|-GLanes=65|Lanes is 65; 1..64 are built
dequant_unit|-GLanes=0|Lanes is 0; 1..64 are built
dequant_unit|-GDepth=5|Depth is 5; 1..4 are built
dequant_unit|-GBusBits=100|BusBits is 100; 32 lanes of these formats and splits need 256
dequant_unit|-GFormats=8'h00|no format or no split is built in
dequant_unit|-GScalesPerBeat=5|ScalesPerBeat is 5; a divisor of the 32 lanes is needed
decode_unit|-GFormat=4'd5|Format 5 is not a float
packed6_gearbox|-GBusBits=256|BusBits is 256; 1..192 are built
fp6_dot|-GProducts=33|Products 33
REFUSED
exit $status
