# bash completion of fp6sim. Commands, options and names are asked of the program itself, so they are never out of date.
_fp6sim_names() { "$1" list "$2" 2>/dev/null | awk '{print $1}'; }

_fp6sim() {
  local program=$1 word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} command=${COMP_WORDS[1]}
  local names='' head='' tail=$word
  if ((COMP_CWORD == 1)); then
    names=$("$program" --help 2>/dev/null | sed -n '/^Subcommands:/,$s/^  \([a-z][a-z]*\) .*/\1/p')
  else
    case $before in
      --gpu) names=$(_fp6sim_names "$program" gpus) ;;
      --kernel) names=$(_fp6sim_names "$program" kernels) ;;
      --design) names=$(_fp6sim_names "$program" designs) ;;
      --format) names=$(_fp6sim_names "$program" formats) ;;
      --split) names=$(_fp6sim_names "$program" splits) ;;
      *)
        if [[ $word == -* ]]; then
          names=$("$program" "$command" --help 2>/dev/null | grep -oE '(^|[ ,])--[a-z0-9-]+' | grep -oE -- '--[a-z0-9-]+')
        elif [[ $command == list ]]; then
          names='gpus kernels formats splits designs workloads'
        elif [[ $command == run ]]; then
          names=$(_fp6sim_names "$program" workloads)
        fi ;;
    esac
  fi
  # "--gpu a100-sxm-80g,h1": the last name of a list.
  if [[ $word == *,* ]]; then
    head=${word%,*},
    tail=${word##*,}
  fi
  COMPREPLY=($(compgen -P "$head" -W "$names" -- "$tail"))
  [[ ${#COMPREPLY[@]} -gt 0 ]] || COMPREPLY=($(compgen -f -- "$word"))
}
complete -o filenames -o nosort -F _fp6sim fp6sim
