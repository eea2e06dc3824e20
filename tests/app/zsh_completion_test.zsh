#!/usr/bin/env -S zsh -f
# zsh_completion_test.zsh FP6SIM SOURCE: what an interactive zsh offers for a typed line, with the installed completion.
# A zsh on a pseudo-terminal has Tab bound to a completion that also writes the offered words to a file.
setopt err_exit no_unset
zmodload zsh/zpty
folder=$(mktemp -d)
trap 'rm -rf $folder' EXIT

cat > $folder/setup.zsh <<EOF
PATH=${1:h}:\$PATH PROMPT= HISTFILE=
cd $folder
fpath=($2/app/shell \$fpath)
autoload -Uz compinit && compinit -u -D
zstyle ':completion:*' verbose no
compadd() {
  [[ \${@[(i)-[AOD]]} -le \$# ]] || { local -a offered; builtin compadd -O offered "\$@"; print -rl -- \$offered >> $folder/words; }
  builtin compadd "\$@"
}
offer() { _main_complete; compstate[insert]= compstate[list]=; : >> $folder/words; mv $folder/words $folder/offered; }
zle -C offer complete-word offer
bindkey '^I' offer
: > $folder/ready
EOF

wait_for() {  # wait_for FILE
  repeat 1500 { [[ -e $1 ]] && return; zpty -r -t shell _ 2> /dev/null || true; sleep 0.01; }
  print "zsh did not answer ($1)"
  exit 1
}
expect() {  # expect "what is typed" word...: every word is offered
  local typed=$1 word offered
  shift
  zpty -w -n shell "$typed"$'\t'
  wait_for $folder/offered
  offered=" ${(j: :)${(f)"$(<$folder/offered)"}} "
  rm $folder/offered
  zpty -w -n shell $'\C-u'
  for word; do
    [[ $offered == *" $word "* ]] || { print "'$typed' offers '$offered', not '$word'"; exit 1; }
  done
}

zpty shell TERM=dumb zsh -f -i
zpty -w shell "source $folder/setup.zsh"
wait_for $folder/ready
expect 'fp6sim ' run gemm sweep report list
expect 'fp6sim sw' sweep
expect 'fp6sim list ' gpus splits workloads
expect 'fp6sim run ' llama-65b
expect 'fp6sim gemm --gpu h' h100-sxm h200
expect 'fp6sim run --gpu h200,a100' a100-sxm-80g
expect 'fp6sim run --kernel ' w6a16
expect 'fp6sim gemm --split ' 4+2-byte
expect 'fp6sim sweep --' --db --csv
expect 'fp6sim gemm --' --m --k --n --timeline --set
