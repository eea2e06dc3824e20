#!/usr/bin/env bash
# Installs what fp6sim builds and tests with, from Debian's packages. Says what it installs; does nothing the second
# time. Works as root or through sudo.
set -euo pipefail

build_packages=(
  g++ cmake ninja-build pkg-config ccache git
  libboost1.81-dev libboost-json1.81-dev libboost-context1.81-dev    # JSON came after Debian's default Boost
  libsystemc-dev                                                     # sim: the memory path
  libhwy-dev                                                         # emu: SIMD, chosen at run time
  libeigen3-dev                                                      # emu/gptq: linear algebra
  libfmt-dev libcli11-dev libsqlite3-dev libzstd-dev                 # app: text, options, sweeps; traces
)
test_packages=(
  libgtest-dev libgmock-dev libbenchmark-dev libopenblas-dev         # tests and benchmarks with their yardstick
  verilator yosys berkeley-abc iverilog                              # rtl: simulation, synthesis, proofs
)

missing=()
for package in "${build_packages[@]}" "${test_packages[@]}"; do
  status=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)
  [ "$status" = installed ] || missing+=("$package")
done
if [ ${#missing[@]} -eq 0 ]; then
  exit 0
fi

echo "fp6sim: installing ${missing[*]}" >&2
as_root=()
if [ "$(id -u)" -ne 0 ]; then
  if ! command -v sudo >/dev/null; then
    echo "fp6sim: not root and no sudo; as root, run: apt-get install -y ${missing[*]}" >&2
    exit 2
  fi
  as_root=(sudo)
fi
export DEBIAN_FRONTEND=noninteractive
"${as_root[@]}" apt-get update -qq
"${as_root[@]}" apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
