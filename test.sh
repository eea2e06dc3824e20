#!/usr/bin/env bash
# ./test.sh [ctest options]: set up, build everything and run all tests; CI calls this. `./test.sh -L unit` runs
# one label (unit, exhaustive, rtl, sim, gpu).
set -euo pipefail
cd "$(dirname "$0")"

tools/install_dependencies.sh test
cmake --preset release --log-level=NOTICE >/dev/null
cmake --build --preset release -- --quiet
exec ctest --preset release -j "$(nproc)" --output-on-failure "$@"
