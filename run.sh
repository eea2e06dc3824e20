#!/usr/bin/env bash
# ./run.sh [WORKLOAD]: set up, build and run the main job: one decode step of a model (LLaMA-65B unless named) at
# batch 1, 8, 16, 32 on A100 and H100 with FP16, INT4 g128 and FP6 4+2 weights. The report lands in out/.
set -euo pipefail
cd "$(dirname "$0")"

tools/install_dependencies.sh build
cmake --preset release --log-level=NOTICE >/dev/null
cmake --build --preset release --target fp6sim -- --quiet
exec build/release/fp6sim run "${1:-llama-65b}" --out out
