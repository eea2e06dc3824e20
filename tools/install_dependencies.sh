#!/usr/bin/env bash
# Installs what fp6sim builds and tests with, from Debian's packages. Says what it installs; does nothing the second
# time. Works as root or through sudo. For tests, where there is an nvcc without nvdisasm, fetches NVIDIA's wheel of it
# (4 MB) into the user's cache; without it those tests skip.
#
# Usage: install_dependencies.sh [build|test]   build: what ./run.sh needs; test (default): and what ./test.sh needs
set -euo pipefail

build_packages=(
  g++ cmake ninja-build pkg-config ccache git
  libboost1.81-dev libboost-json1.81-dev libboost-context1.81-dev    # JSON came after Debian's default Boost
  libsystemc-dev                                                     # sim: the memory path
  libhwy-dev                                                         # emu: SIMD, chosen at run time
  libeigen3-dev                                                      # emu/gptq: linear algebra
  libfmt-dev libcli11-dev libsqlite3-dev libzstd-dev liblzma-dev     # app: text, options, sweeps; traces
  libjs-chart.js                                                     # app: the charts of the HTML report
  libboost-mpi1.81-dev libopenmpi-dev openmpi-bin                    # app: sweeps on a cluster
)
test_packages=(
  libgtest-dev libgmock-dev libbenchmark-dev libopenblas-dev         # tests and benchmarks with their yardstick
  verilator zlib1g-dev yosys berkeley-abc iverilog                   # rtl: simulation, synthesis, proofs
  python3-dev pybind11-dev python3-numpy python3-pytest              # the Python module
  python3-matplotlib                                                 # the plots
  chromium                                                           # the report, as a reader's browser shows it
  zsh man-db mandoc                                                  # shell completion and the man page
)

case "${1:-test}" in
  build) wanted=("${build_packages[@]}") ;;
  test) wanted=("${build_packages[@]}" "${test_packages[@]}") ;;
  *) echo "usage: install_dependencies.sh [build|test], not '$1'" >&2; exit 2 ;;
esac

missing=()
for package in "${wanted[@]}"; do
  status=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)
  [ "$status" = installed ] || missing+=("$package")
done

fetch_nvdisasm() {
  local nvcc folder
  nvcc=$(command -v nvcc || command -v /usr/local/cuda/bin/nvcc) || return 0  # nothing to disassemble
  folder=${XDG_CACHE_HOME:-$HOME/.cache}/fp6sim/nvdisasm
  [ -x "$(dirname "$nvcc")/nvdisasm" ] || [ -x "$folder/nvidia/cu13/bin/nvdisasm" ] && return 0
  echo "fp6sim: fetching nvdisasm into $folder" >&2
  if PIP_ROOT_USER_ACTION=ignore python3 -m pip install --quiet --disable-pip-version-check --no-deps --target "$folder" \
    nvidia-cuda-nvdisasm==13.2.51; then
    chmod +x "$folder/nvidia/cu13/bin/nvdisasm"
  else
    echo "fp6sim: no nvdisasm; the machine-code tests will skip" >&2
  fi
}

if [ "${1:-test}" = test ]; then
  fetch_nvdisasm
fi
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
