#!/usr/bin/env bash
# keep_compiler_report.sh COMPILER ARGUMENTS...: compiles, and keeps what the compiler says in OBJECT.report.
set -uo pipefail
object=
previous=
for argument in "$@"; do
  [ "$previous" = "-o" ] && object=$argument
  previous=$argument
done
if [ -z "$object" ]; then
  exec "$@"
fi
"$@" 2>"$object.report"
status=$?
# ptxas' remarks go to the file alone; everything else is shown as well.
grep -vE '^(ptxas info|ptxas .*: info| +[0-9]+ bytes stack frame|$)' "$object.report" >&2 || true
exit $status
