#!/usr/bin/env bash
# shell_test.sh FP6SIM SOURCE: bash completion as the shell calls it, and the man page's syntax.
set -euo pipefail
PATH=$(dirname "$1"):$PATH
source "$2/app/shell/fp6sim.bash"
expect() {  # expect "what is typed" word...: every word is offered
  local typed=$1 offered word
  shift
  read -ra COMP_WORDS <<< "$typed"
  [[ $typed == *' ' ]] && COMP_WORDS+=('')
  COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
  COMPREPLY=()
  _fp6sim fp6sim
  offered=" ${COMPREPLY[*]} "
  for word in "$@"; do
    [[ $offered == *" $word "* ]] || { echo "'$typed' offers '$offered', not '$word'"; exit 1; }
  done
}
expect 'fp6sim ' run gemm sweep report list
expect 'fp6sim sw' sweep
expect 'fp6sim list ' gpus splits workloads
expect 'fp6sim run ' llama-65b
expect 'fp6sim gemm --gpu h' h100-sxm h200
expect 'fp6sim run --gpu h200,a100' h200,a100-sxm-80g
expect 'fp6sim run --kernel ' w6a16
expect 'fp6sim gemm --split ' 4+2-byte
expect 'fp6sim gemm --' --m --k --n --timeline --set
expect 'fp6sim sweep --' --db --jobs --csv --yes
if command -v man > /dev/null; then
  warnings=$(LC_ALL=C.UTF-8 man --warnings -l "$2/app/shell/fp6sim.1" 2>&1 > /dev/null)
  [[ -z $warnings ]] || { echo "$warnings"; exit 1; }
fi
if command -v mandoc > /dev/null; then mandoc -T lint -W warning "$2/app/shell/fp6sim.1"; fi
if command -v zsh > /dev/null; then "$(dirname "$0")/zsh_completion_test.zsh" "$1" "$2"; else echo 'no zsh: its completion is not tested'; fi
